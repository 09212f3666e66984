import type { DeliveredMessage } from "@tidegate/core";
import { activeTracer, carryInRequest, type Traced, type TracedPush, tracePush } from "@tidegate/tracing";
import type { Uncalled } from "../answer/verdict.ts";
import type { CallRules } from "../rules/call-rules.ts";
import type { Send } from "../send/send.ts";
import { callEndpoint, type EndpointCall } from "./call-endpoint.ts";

/** A call whose headers are its own. */
type OwnCall<Judged> = EndpointCall<Judged> & { readonly headers: Record<string, string> };

/**
 * Calls an endpoint with messages, as `callEndpoint` does. The request carries the trace that they came in; where an SDK is
 * installed, that of a span for the call. Never throws.
 */
export function callInTrace<Judged extends { readonly kind: string }>(
  traced: Traced,
  messages: readonly DeliveredMessage[],
  call: OwnCall<Judged>,
  send: Send,
  rules: CallRules,
): Promise<Judged | Uncalled> {
  const tracer = activeTracer();
  if (tracer === null) {
    carryInRequest(call.headers, null, messages);
    return callEndpoint(call, send, rules);
  }
  const { url, method } = call;
  const push = tracePush(tracer, traced, messages, { url, method, batch: messages.length > 1 });
  carryInRequest(call.headers, push, messages);
  return push.run(() => callInSpan(push, call, send, rules));
}

async function callInSpan<Judged extends { readonly kind: string }>(
  push: TracedPush,
  call: OwnCall<Judged>,
  send: Send,
  rules: CallRules,
): Promise<Judged | Uncalled> {
  let status: number | null = null;
  const judge: typeof call.judge = (answer) => {
    status = answer.status;
    return call.judge(answer);
  };
  const verdict = await callEndpoint({ ...call, judge }, send, rules);
  push.end(status, errorOf(verdict, status));
  return verdict;
}

/** What a call came to, if that is a failure: its status, where that says so, else the kind of verdict. */
function errorOf(
  verdict: { readonly kind: string; readonly reason?: string },
  status: number | null,
): { readonly type: string; readonly message: string } | null {
  const { kind, reason = kind } = verdict;
  if (kind === "answered" || kind === "done") return null;
  return { type: status !== null && status >= 400 ? String(status) : kind, message: reason };
}
