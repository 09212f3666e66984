import { limits } from "@tidegate/contracts";
import { bodyLimit, judgeAnswer } from "../answer/judge-answer.ts";
import { isRedirect, redirectTarget } from "../answer/redirect.ts";
import type { Verdict } from "../answer/verdict.ts";
import { CallRefused, type CallRules } from "../rules/call-rules.ts";
import { Abort } from "../send/abort.ts";
import { type Send, SendFailed } from "../send/send.ts";
import { onAbort } from "./on-abort.ts";

/** One call: what is sent where, and how long it may take with its answer's body. */
export interface EndpointCall {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ids of the messages in the body. */
  readonly ids: readonly string[];
  readonly timeoutMs: number;
  /** Redis's clock: what an HTTP date is compared to. */
  readonly now: number;
  readonly signal: AbortSignal | null;
}

/** Calls an endpoint once, following redirects of the same host. Never throws. */
export async function callEndpoint(call: EndpointCall, send: Send, rules: CallRules): Promise<Verdict> {
  if (call.signal?.aborted) return { kind: "abandoned" };
  const abort = new Abort();
  const forget = call.signal && onAbort(call.signal, () => abort.fire(abandoned));
  const timer = setTimeout(() => abort.fire(timedOut), call.timeoutMs);
  try {
    return await follow(call, send, rules, abort);
  } catch (error) {
    return verdictOf(error, call);
  } finally {
    clearTimeout(timer);
    forget?.();
  }
}

const abandoned = new Error("given up");
const timedOut = new Error("timed out");

async function follow(call: EndpointCall, send: Send, rules: CallRules, abort: Abort): Promise<Verdict> {
  const { headers, body } = call;
  let url = call.url;
  for (let hops = 0; ; hops += 1) {
    rules.checkUrl(url, send.resolves);
    const answer = await send({ url, headers, body, abort, limitOf: bodyLimit });
    if (!isRedirect(answer.status)) return judgeAnswer(answer, call.ids, call.now);
    const target = redirectTarget(url, answer.status, answer.header("location"));
    if ("refusal" in target) return failed(target.refusal);
    if (hops === limits.pushRedirects) return failed(`more than ${limits.pushRedirects} redirects`);
    url = target.url;
  }
}

function verdictOf(error: unknown, call: EndpointCall): Verdict {
  if (error === abandoned) return { kind: "abandoned" };
  if (error === timedOut)
    return { kind: "failed", reason: `no complete answer within ${call.timeoutMs} ms`, endpoint: "unwell" };
  if (error instanceof CallRefused) return { kind: "failed", reason: error.message, endpoint: "unknown" };
  if (error instanceof SendFailed && error.kind === "unreached")
    return { kind: "unreached", reason: error.message };
  return {
    kind: "failed",
    reason: error instanceof Error ? error.message : String(error),
    endpoint: "unwell",
  };
}

function failed(reason: string): Verdict {
  return { kind: "failed", reason, endpoint: "well" };
}
