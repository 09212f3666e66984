import { limits } from "@tidegate/contracts";
import { isRedirect, redirectTarget } from "../answer/redirect.ts";
import type { Uncalled } from "../answer/verdict.ts";
import { CallRefused, type CallRules } from "../rules/call-rules.ts";
import { Abort } from "../send/abort.ts";
import { type Send, type SendAnswer, SendFailed, type SendRequest } from "../send/send.ts";
import { onAbort } from "./on-abort.ts";

/** One call: what is sent where, and how long it may take with its answer's body. */
export interface EndpointCall<Judged> extends Omit<SendRequest, "abort"> {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
  /** What an answer that is no redirect means. */
  readonly judge: (answer: SendAnswer) => Judged;
}

/** Calls an endpoint once, following redirects of the same host. Never throws. */
export async function callEndpoint<Judged>(
  call: EndpointCall<Judged>,
  send: Send,
  rules: CallRules,
): Promise<Judged | Uncalled> {
  if (call.signal?.aborted) return { kind: "abandoned" };
  const abort = new Abort();
  const forget = call.signal && onAbort(call.signal, () => abort.fire(abandoned));
  const timer = setTimeout(() => abort.fire(timedOut), call.timeoutMs);
  try {
    return await follow(call, send, rules, abort);
  } catch (error) {
    return verdictOf(error, call.timeoutMs);
  } finally {
    clearTimeout(timer);
    forget?.();
  }
}

const abandoned = new Error("given up");
const timedOut = new Error("timed out");

async function follow<Judged>(
  call: EndpointCall<Judged>,
  send: Send,
  rules: CallRules,
  abort: Abort,
): Promise<Judged | Uncalled> {
  const { method, headers, body, limitOf } = call;
  let url = call.url;
  for (let hops = 0; ; hops += 1) {
    rules.checkUrl(url, send.resolves);
    const answer = await send({ url, method, headers, body, abort, limitOf });
    if (!isRedirect(answer.status)) return call.judge(answer);
    const target = redirectTarget(url, answer.status, answer.header("location"));
    if ("refusal" in target) return failed(target.refusal);
    if (hops === limits.pushRedirects) return failed(`more than ${limits.pushRedirects} redirects`);
    url = target.url;
  }
}

function verdictOf(error: unknown, timeoutMs: number): Uncalled {
  if (error === abandoned) return { kind: "abandoned" };
  if (error === timedOut)
    return { kind: "failed", reason: `no complete answer within ${timeoutMs} ms`, endpoint: "unwell" };
  if (error instanceof CallRefused) return { kind: "failed", reason: error.message, endpoint: "unknown" };
  if (error instanceof SendFailed && error.kind === "unreached")
    return { kind: "unreached", reason: error.message };
  return {
    kind: "failed",
    reason: error instanceof Error ? error.message : String(error),
    endpoint: "unwell",
  };
}

function failed(reason: string): Uncalled {
  return { kind: "failed", reason, endpoint: "well" };
}
