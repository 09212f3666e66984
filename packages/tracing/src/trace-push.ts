import { context, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { failSpan } from "./fail-span.ts";
import { type CarryingMessage, commonContext, contextOf } from "./message-context.ts";
import { attributesOf, attributesOfMessages, names, type Placed, type Traced } from "./span-attributes.ts";
import { contextOfSpan, linksTo, under } from "./span-context.ts";
import { type TraceContext, traceHeaders } from "./trace-context.ts";
import { unobserved } from "./unobserved.ts";

/** What is called with messages. */
export interface PushCall {
  readonly url: URL;
  readonly method: string;
  readonly batch: boolean;
}

/** A call that is under way. */
export interface TracedPush {
  /** What the request carries; null: nothing. */
  readonly context: TraceContext | null;
  /** Does what is called for. */
  run<Answer>(call: () => Answer): Answer;
  /** It has ended: with the status of an answer, if there was one, and with an error, if it came to none. */
  end(status: number | null, error: { readonly type: string; readonly message: string } | null): void;
}

/** Begins a span `push <destination>` for a call of an endpoint: under the context of its one message, or linked to those of a batch. */
export function tracePush(
  tracer: Tracer,
  traced: Traced,
  messages: readonly (Placed & CarryingMessage)[],
  { url, method, batch }: PushCall,
): TracedPush {
  const above = under(batch ? null : contextOf(messages[0]!.headers));
  const span = tracer.startSpan(
    `push ${traced.destination}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        ...attributesOf("push", null, traced),
        ...attributesOfMessages(traced.partition, messages, batch),
        [names.method]: method,
        // Not the whole address: paths and queries have secrets.
        [names.address]: url.hostname,
        ...(url.port !== "" && { [names.port]: Number(url.port) }),
      },
      links: linksTo(messages.map(({ headers }) => contextOf(headers))),
    },
    above,
  );
  return {
    context: contextOfSpan(span),
    run: (call) => context.with(unobserved(trace.setSpan(above, span)), call),
    end(status, error) {
      if (status !== null) span.setAttribute(names.status, status);
      if (error !== null) failSpan(span, error.type, error.message);
      span.end();
    },
  };
}

/**
 * Puts a context into a request, where nobody has: that of its span, or without an SDK the one that all of its messages carry. The
 * receiver's part then stands in the trace of who published.
 */
export function carryInRequest(
  headers: Record<string, string>,
  traced: TracedPush | null,
  messages: readonly CarryingMessage[],
): void {
  const carried = traced === null ? commonContext(messages) : traced.context;
  if (carried === null || Object.hasOwn(headers, traceHeaders.parent)) return;
  headers[traceHeaders.parent] = carried.traceparent;
  if (carried.tracestate !== null) headers[traceHeaders.state] = carried.tracestate;
}
