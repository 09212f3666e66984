import type { HistoryEvent } from "../history/event.ts";
import type { Finding } from "./finding.ts";
import type { Record } from "./record.ts";

interface GateSpan {
  readonly id: string;
  readonly stock: number | null;
  readonly perKey: number | null;
  readonly from: number;
  to: number;
}

/** Gates over their stock, over a key's limit, or over their capacity. */
export function checkGate(record: Record): Finding[] {
  const findings: Finding[] = [];
  const topics = new Map<string, (HistoryEvent & { type: "gate" })[]>();
  for (const event of record.history.events) {
    if (event.type === "gate") topics.set(event.topic, [...(topics.get(event.topic) ?? []), event]);
  }
  for (const [topic, puts] of topics) {
    const note = (detail: string) => findings.push({ anomaly: "gate", detail: `${topic}: ${detail}` });
    checkStock(record, topic, puts, note);
    checkSpans(record, topic, puts, note);
    const capacity = Math.max(...puts.map((put) => put.capacity ?? Number.POSITIVE_INFINITY));
    for (const event of record.history.events) {
      if (event.type === "backlog" && event.topic === topic && event.messages > capacity)
        note(`${event.messages} messages waited at ${event.at}, the capacity is ${capacity}`);
    }
  }
  return findings;
}

/** All that is in the log came through one of the gates. */
function checkStock(
  record: Record,
  topic: string,
  puts: readonly (HistoryEvent & { type: "gate" })[],
  note: (detail: string) => void,
): void {
  const final = record.final.topics.find(({ name }) => name === topic);
  if (!final) return;
  const gates = new Map(puts.map((put) => [put.id, put]));
  const stocks = [...gates.values()].map(({ stock }) => stock ?? Number.POSITIVE_INFINITY);
  const stock = stocks.reduce((sum, one) => sum + one, 0);
  const ids = final.partitions.flatMap(({ messages }) => messages.map(([, id]) => id));
  if (ids.length > stock)
    note(`${ids.length} messages are in the log, all gates together have a stock of ${stock}`);
  const current = final.admitted && gates.get(final.admitted.id);
  if (current && current.stock !== null && final.admitted.units > current.stock)
    note(`gate ${current.id} admitted ${final.admitted.units} of a stock of ${current.stock}`);
  const limits = [...gates.values()].map(({ perKey }) => perKey ?? Number.POSITIVE_INFINITY);
  const limit = limits.reduce((sum, one) => sum + one, 0);
  const keys = new Map(record.appends.map(({ message }) => [message.id, message.key]));
  const byKey = new Map<string, number>();
  for (const id of ids) {
    const key = keys.get(id);
    if (key !== undefined) byKey.set(key, (byKey.get(key) ?? 0) + 1);
  }
  for (const [key, count] of byKey) {
    if (count > limit) note(`${key} was admitted ${count} times, all gates together allow ${limit}`);
  }
}

/** What was sent and answered between two changes of the gate came through the one that stood then. */
function checkSpans(
  record: Record,
  topic: string,
  puts: readonly (HistoryEvent & { type: "gate" })[],
  note: (detail: string) => void,
): void {
  const doneAt = new Map<string, number>();
  for (const event of record.history.events) if (event.type === "done") doneAt.set(event.call, event.at);
  const spans: GateSpan[] = [];
  for (const put of puts) {
    const last = spans.at(-1);
    if (last?.id === put.id) continue;
    if (last) last.to = put.at;
    const from = doneAt.get(put.call) ?? Number.POSITIVE_INFINITY;
    spans.push({ id: put.id, stock: put.stock, perKey: put.perKey, from, to: Number.POSITIVE_INFINITY });
  }
  for (const span of spans) {
    // A rollback gives stock back with the messages that had taken it; what is gone was checked above.
    if (record.breaks.some(({ rollback, from, to }) => rollback && from <= span.to && to >= span.from))
      continue;
    const admitted = new Set<string>();
    const byKey = new Map<string, Set<string>>();
    for (const { topic: name, message, outcome, sentAt, answeredAt } of record.appends) {
      if (name !== topic || outcome === null || "code" in outcome) continue;
      if (sentAt < span.from || answeredAt! > span.to || outcome.duplicate) continue;
      admitted.add(message.id);
      if (message.key === undefined) continue;
      byKey.set(message.key, (byKey.get(message.key) ?? new Set()).add(message.id));
    }
    if (span.stock !== null && admitted.size > span.stock)
      note(`${admitted.size} were told that gate ${span.id} admitted them, its stock is ${span.stock}`);
    for (const [key, ids] of byKey) {
      if (span.perKey !== null && ids.size > span.perKey)
        note(
          `${key} was told ${ids.size} times that gate ${span.id} admitted it, its limit is ${span.perKey}`,
        );
    }
  }
}
