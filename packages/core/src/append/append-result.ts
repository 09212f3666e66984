import type { Topic } from "../topics/topic.ts";
import type { AppendOutcome, Backlog, Parcel } from "./parcel.ts";

/** What became of an append call: an outcome for each message, in order. */
export interface AppendResult {
  /** The topic as it was when the messages were appended. */
  readonly topic: Topic;
  readonly outcomes: AppendOutcome[];
  readonly backlog: Backlog;
}

/** The result of a call all of whose parcels are done. @throws what befell the whole call */
export function resultOf(topic: Topic, outcomes: AppendOutcome[], parcels: readonly Parcel[]): AppendResult {
  throwCommonFailure(outcomes);
  return { topic, outcomes, backlog: sumBacklog(parcels) };
}

/** What befell the whole call, and not for a reason of its messages, is thrown. */
function throwCommonFailure(outcomes: readonly AppendOutcome[]): void {
  const first = outcomes[0];
  if (first?.status !== "refused") return;
  const common = ["REDIS_UNAVAILABLE", "OVERLOADED", "NOT_REPLICATED", "INTERNAL"];
  if (!common.includes(first.error.code)) return;
  const errors = outcomes.map((outcome) => (outcome.status === "refused" ? outcome.error : null));
  const allOf = (codes: readonly string[]) =>
    errors.every((error) => error !== null && codes.includes(error.code));
  if (allOf([first.error.code])) throw first.error;
  // Some had no answer and some were not sent: of the whole, all is open.
  if (allOf(["REDIS_UNAVAILABLE", "OVERLOADED"]))
    throw errors.find((error) => error?.code === "REDIS_UNAVAILABLE");
}

function sumBacklog(parcels: readonly Parcel[]): Backlog {
  let messages = 0;
  let oldestMs = 0;
  let etaMs: number | null = 0;
  for (const { backlog } of parcels) {
    if (backlog === null) continue;
    messages += backlog.messages;
    oldestMs = Math.max(oldestMs, backlog.oldestMs);
    etaMs = etaMs === null || backlog.etaMs === null ? null : Math.max(etaMs, backlog.etaMs);
  }
  return { messages, oldestMs, etaMs };
}
