import { batchItemFailure, pushResult } from "@tidegate/contracts";
import type { ItemFailure, Said } from "./verdict.ts";

/** The body of an answer, as far as it was read. */
export interface AnswerBody {
  readonly text: string;
  /** Whether that is all of it. */
  readonly whole: boolean;
  readonly contentType: string | null;
}

const noFailures: ReadonlyMap<string, ItemFailure> = new Map();
const noResults: ReadonlyMap<string, unknown> = new Map();

/** Nothing of single messages. */
export const nothingSaid: Said = { failures: noFailures, results: noResults };

/**
 * What a body says of the messages with these ids. Where it may say that something failed, but not understandably what,
 * the answer is why: then everything has failed, as Lambda takes it, and since nothing may be lost.
 */
export function readAnswer(body: AnswerBody, ids: readonly string[]): Said | { unclear: string } {
  const text = body.text.trim();
  if (text === "") return nothingSaid;
  const declared = isJson(body.contentType);
  if (!declared && !text.startsWith("{")) return nothingSaid;
  if (declared && !body.whole) return { unclear: "JSON over the limit" };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return declared ? { unclear: "JSON that does not parse" } : nothingSaid;
  }
  if (typeof parsed !== "object" || parsed === null) return nothingSaid;
  const { batchItemFailures, results } = parsed as Record<string, unknown>;
  const failures = failuresOf(batchItemFailures, ids);
  if (failures === null) return { unclear: "batchItemFailures that cannot be understood" };
  return { failures, results: resultsOf(results, ids) };
}

/** A body as the result of the only message: parsed where it declares itself as JSON and is, else a string. */
export function bodyAsResult(body: AnswerBody, id: string): Said {
  let result: unknown = body.text;
  if (isJson(body.contentType)) {
    try {
      result = JSON.parse(body.text);
    } catch {
      // As text, then.
    }
  }
  return { failures: noFailures, results: new Map([[id, result]]) };
}

/** Null: malformed, or about a message that was not sent. */
function failuresOf(list: unknown, ids: readonly string[]): ReadonlyMap<string, ItemFailure> | null {
  if (list === undefined || list === null) return noFailures;
  if (!Array.isArray(list)) return null;
  if (list.length === 0) return noFailures;
  const sent = new Set(ids);
  const failures = new Map<string, ItemFailure>();
  for (const item of list) {
    const read = batchItemFailure.safeParse(item);
    if (!read.success || !sent.has(read.data.itemIdentifier)) return null;
    const { itemIdentifier, outcome, delayMs, reason } = read.data;
    failures.set(itemIdentifier, {
      outcome: outcome ?? "retry",
      delayMs: delayMs ?? null,
      reason: reason ?? "named in batchItemFailures",
    });
  }
  return failures;
}

/** Results are extra: one that is malformed is no reason to do the work again. */
function resultsOf(list: unknown, ids: readonly string[]): ReadonlyMap<string, unknown> {
  if (!Array.isArray(list) || list.length === 0) return noResults;
  const sent = new Set(ids);
  const results = new Map<string, unknown>();
  for (const item of list) {
    const read = pushResult.safeParse(item);
    if (read.success && read.data.result !== undefined && sent.has(read.data.itemIdentifier))
      results.set(read.data.itemIdentifier, read.data.result);
  }
  return results;
}

/** Whether a content type declares JSON. */
export function isJson(contentType: string | null): boolean {
  return contentType !== null && /^\s*application\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(contentType);
}
