import { errorTable, limits, pushHeaders, type TidegateError } from "@tidegate/contracts";
import { type PushOutcome, release } from "./outcome.ts";
import type { Push } from "./verify-push.ts";

/** What the endpoint answers, before it takes the form that its runtime wants. */
export interface PushAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Bytes of the body that are left for what stands around its items. */
const spareBytes = 1_024;

/**
 * The answer to a push of which each message has its outcome, in order; null is an acknowledgement. 200 when everything was
 * handled, and with `batchItemFailures` for what was not; 503 when one outcome asks for a pause. Beyond what
 * Lambda answers, an item says its `outcome`, `delayMs` and `reason`.
 */
export function answerPush(push: Push, outcomes: readonly (PushOutcome | null)[]): PushAnswer {
  const ids = push.messages.map(({ id }) => id);
  const { results, settled } = fitResults(ids, outcomes);
  const failures = settled.flatMap((outcome, index) => failureOf(ids[index]!, outcome));
  const pauses = settled.flatMap((outcome) => (outcome?.kind === "retry-after" ? [outcome.seconds] : []));
  const headers: Record<string, string> = {};
  if (pauses.length > 0) headers["retry-after"] = String(Math.max(...pauses));
  if (failures.length > 0 && failures.every(({ outcome }) => outcome === "dead-letter"))
    headers[pushHeaders.retry] = "never";
  const body = encode(failures, results);
  if (body !== "") headers["content-type"] = "application/json";
  return { status: pauses.length > 0 ? 503 : 200, headers, body };
}

/** The answer to a request that cannot be accepted: a problem document. */
export function answerProblem(error: TidegateError): PushAnswer {
  const { title, status, retryable } = errorTable[error.code];
  const { field, limit } = error.details;
  const problem = {
    type: `urn:tidegate:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    retryable,
    ...(field !== undefined && { field }),
    ...(limit !== undefined && { limit }),
  };
  return {
    status,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify(problem),
  };
}

/** The answer as fetch has it. */
export function toResponse({ status, headers, body }: PushAnswer): Response {
  return new Response(body === "" ? null : body, { status, headers });
}

interface ItemFailure {
  readonly itemIdentifier: string;
  readonly outcome?: "release" | "dead-letter";
  readonly delayMs?: number;
  readonly reason?: string;
}

function failureOf(itemIdentifier: string, outcome: PushOutcome | null): ItemFailure[] {
  switch (outcome?.kind) {
    case undefined:
    case "result":
      return [];
    case "release":
    case "retry-after":
      return [{ itemIdentifier, outcome: "release" }];
    case "dead-letter":
      return [
        {
          itemIdentifier,
          outcome: "dead-letter",
          ...(outcome.reason !== null && { reason: outcome.reason }),
        },
      ];
    case "retry":
      return [
        {
          itemIdentifier,
          ...(outcome.delayMs !== null && { delayMs: outcome.delayMs }),
          ...(outcome.reason !== null && { reason: outcome.reason }),
        },
      ];
  }
}

/**
 * Tidegate reads an answer up to a limit. A message whose result does not fit beside those before it is given back: it comes
 * again with fewer others, while a result that was dropped would be lost. One always fits.
 */
function fitResults(ids: readonly string[], outcomes: readonly (PushOutcome | null)[]) {
  const utf8 = new TextEncoder();
  let left = limits.pushResultBytes - spareBytes - ids.length * failureBytes;
  const results: string[] = [];
  const settled = outcomes.map((outcome, index) => {
    if (outcome?.kind !== "result") return outcome;
    const item = `{"itemIdentifier":${JSON.stringify(ids[index])},"result":${outcome.json}}`;
    const bytes = utf8.encode(item).length + 1;
    if (bytes > left) return release();
    left -= bytes;
    results.push(item);
    return outcome;
  });
  return { results, settled };
}

/** Of one failure without its reason, at most. */
const failureBytes = 100;

function encode(failures: readonly ItemFailure[], results: readonly string[]): string {
  if (failures.length === 0 && results.length === 0) return "";
  const compose = (items: readonly ItemFailure[]) => {
    const parts = items.length === 0 ? [] : [`"batchItemFailures":${JSON.stringify(items)}`];
    if (results.length > 0) parts.push(`"results":[${results.join(",")}]`);
    return `{${parts.join(",")}}`;
  };
  const whole = compose(failures);
  if (new TextEncoder().encode(whole).length <= limits.pushResultBytes) return whole;
  return compose(failures.map(({ reason: _, ...failure }) => failure));
}
