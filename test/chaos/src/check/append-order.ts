import type { Finding } from "./finding.ts";
import { type Append, isBroken, type Record } from "./record.ts";

/**
 * In a partition, the order of offsets is the order of appends: what was answered before another was sent stands before
 * it. Delayed messages and answers that repeat an earlier one stand where they stand.
 */
export function checkAppendOrder(record: Record): Finding[] {
  const findings: Finding[] = [];
  const repeated = new Set<string>();
  const sends = new Map<string, number>();
  for (const { message } of record.appends) sends.set(message.id, (sends.get(message.id) ?? 0) + 1);
  for (const [id, count] of sends) if (count > 1) repeated.add(id);
  const byPartition = new Map<string, (Append & { offset: number })[]>();
  for (const append of record.appends) {
    const { outcome, topic, topicId, message } = append;
    if (outcome === null || !("offset" in outcome) || outcome.duplicate) continue;
    if (message.delayMs !== undefined || message.deliverAt !== undefined || repeated.has(message.id))
      continue;
    const place = `${topic} ${topicId} ${outcome.partition}`;
    byPartition.set(place, [...(byPartition.get(place) ?? []), { ...append, offset: outcome.offset }]);
  }
  for (const [place, appends] of byPartition) {
    const byAnswer = [...appends].sort((one, other) => one.answeredAt! - other.answeredAt!);
    const bySend = [...appends].sort((one, other) => one.sentAt - other.sentAt);
    let at = 0;
    let highest: (Append & { offset: number }) | null = null;
    for (const append of bySend) {
      while (at < byAnswer.length && byAnswer[at]!.answeredAt! < append.sentAt) {
        const before = byAnswer[at]!;
        if (highest === null || before.offset > highest.offset) highest = before;
        at += 1;
      }
      if (highest === null || highest.offset < append.offset) continue;
      if (isBroken(record, append, highest.sentAt, append.answeredAt!)) continue;
      findings.push({
        anomaly: "append-order",
        detail: `${place}: ${append.message.id} got ${append.offset}, though ${highest.message.id} had ${highest.offset} before it was sent`,
      });
    }
  }
  return findings;
}

/**
 * A stream of one producer stands in each partition's log in the order in which it was handed over, while the topic is the
 * same and has as many partitions.
 */
export function checkStreams(record: Record): Finding[] {
  const findings: Finding[] = [];
  const sent = new Map(record.appends.map((append) => [append.message.id, append]));
  const changes = changesSeen(record);
  for (const topic of record.final.topics) {
    for (const { partition, messages } of topic.partitions) {
      const latest = new Map<string, { n: number; id: string }>();
      for (const [offset, id] of messages) {
        const append = sent.get(id);
        const message = append?.message;
        if (message?.stream === undefined || message.n === undefined) continue;
        const before = latest.get(message.stream);
        if (
          before &&
          before.n > message.n &&
          !changes(topic.name).some((change) => isAmid(change, append!, sent.get(before.id)!))
        ) {
          findings.push({
            anomaly: "stream-order",
            detail: `${topic.name} ${partition}:${offset}: ${id} stands behind ${before.id} of its stream`,
          });
        } else latest.set(message.stream, { n: message.n, id });
      }
    }
  }
  return findings;
}

/** A growth or a deletion, and when each producer first had an answer to something that it sent afterwards. */
interface ChangeSeen {
  readonly from: number;
  readonly knownBy: ReadonlyMap<string, number>;
}

/**
 * A rollback that takes a growth or a deletion back is one, too; and so is any behind it: what the topic became by
 * being mended after the first may be taken back once more.
 */
function changesSeen(record: Record): (topic: string) => ChangeSeen[] {
  const seen = new Map<string, ChangeSeen[]>();
  const changes = record.breaks.filter(({ what }) => what === "grow" || what === "delete");
  const undone = record.breaks.flatMap(({ rollback, from, to }) => {
    const before = rollback ? changes.filter((change) => change.from <= to) : [];
    const taken = before.filter((change) =>
      record.breaks.some(
        (other) =>
          other.rollback &&
          other.from <= from &&
          other.rollback.lossFrom <= change.to &&
          change.from <= other.to,
      ),
    );
    return [...new Set(taken.map(({ topic }) => topic))].map((topic) => ({ topic, from, to }));
  });
  for (const { topic, from, to } of [...changes, ...undone]) {
    const knownBy = new Map<string, number>();
    for (const { by, topic: name, sentAt, answeredAt, outcome } of record.appends) {
      if (name !== topic || sentAt < to || outcome === null || "code" in outcome) continue;
      knownBy.set(by, Math.min(answeredAt!, knownBy.get(by) ?? Number.POSITIVE_INFINITY));
    }
    seen.set(topic!, [...(seen.get(topic!) ?? []), { from, knownBy }]);
  }
  return (topic) => seen.get(topic) ?? [];
}

/** Whether one of two appends was under way before the change was known to their producer, and the other not before it. */
function isAmid({ from, knownBy }: ChangeSeen, first: Append, second: Append): boolean {
  const knownAt = knownBy.get(first.by) ?? Number.POSITIVE_INFINITY;
  return (
    Math.min(first.sentAt, second.sentAt) <= knownAt &&
    (second.answeredAt ?? Number.POSITIVE_INFINITY) >= from
  );
}
