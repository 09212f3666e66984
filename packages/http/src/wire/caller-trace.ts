import {
  type CarryingMessage,
  carry,
  readTraceContext,
  type TraceContext,
  traceHeaders,
} from "@tidegate/tracing";
import type { Call } from "../call.ts";

/** The trace that a request came in; null when it came in none. */
export function traceOf(call: Call): TraceContext | null {
  const traceparent = call.header(traceHeaders.parent);
  return traceparent === null ? null : readTraceContext(traceparent, call.header(traceHeaders.state));
}

/** The messages of a request, in its trace where they are in none: without an SDK too, since it is only a header. */
export function inCallerTrace<Message extends CarryingMessage>(
  call: Call,
  messages: readonly Message[],
): readonly Message[] {
  const trace = traceOf(call);
  return trace === null ? messages : carry(messages, trace);
}
