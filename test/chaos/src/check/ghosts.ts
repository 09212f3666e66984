import type { Finding } from "./finding.ts";
import type { Record } from "./record.ts";

/** Messages of a topic that was deleted, seen in the one that has its name now. */
export function checkGhosts(record: Record): Finding[] {
  const findings: Finding[] = [];
  const incarnations = new Map<string, string>();
  for (const { message, topicId, outcome } of record.appends) {
    if (topicId !== null && outcome !== null && !("code" in outcome)) incarnations.set(message.id, topicId);
  }
  for (const topic of record.final.topics) {
    for (const { partition, messages } of topic.partitions) {
      for (const [offset, id] of messages) {
        const known = incarnations.get(id);
        if (known !== undefined && known !== topic.topicId)
          findings.push({
            anomaly: "ghost",
            detail: `${topic.name} ${partition}:${offset}: ${id} was appended to ${known}, this is ${topic.topicId}`,
          });
      }
    }
  }
  const deletions = record.breaks.filter(({ what }) => what === "delete");
  const rollbacks = record.breaks.filter(({ what }) => what === "rollback");
  if (deletions.length === 0) return findings;
  const answered = new Map<string, number>();
  for (const { message, answeredAt, outcome } of record.appends) {
    if (outcome !== null && !("code" in outcome)) answered.set(message.id, answeredAt!);
  }
  for (const lease of record.leases) {
    for (const [offset, id] of lease.delivered) {
      const appendedAt = answered.get(id);
      if (appendedAt === undefined) continue;
      const deleted = deletions.find(
        ({ topic, from, to }) =>
          topic === lease.topic &&
          appendedAt < from &&
          to < lease.sentAt &&
          !rollbacks.some((rollback) => rollback.from < lease.acquiredAt && rollback.to >= from),
      );
      if (!deleted) continue;
      findings.push({
        anomaly: "ghost",
        detail: `${lease.topic} ${lease.group} ${lease.partition}:${offset}: ${id} was handed out at ${lease.acquiredAt}, its topic was deleted at ${deleted.to}`,
      });
    }
  }
  return findings;
}
