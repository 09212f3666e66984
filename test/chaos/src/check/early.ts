import type { Finding } from "./finding.ts";
import type { Record } from "./record.ts";

/** Clocks are read in whole milliseconds. */
const toleranceMs = 2;

/** Delayed messages that somebody saw before they were due by Redis's clock. */
export function checkEarly(record: Record): Finding[] {
  const findings: Finding[] = [];
  const dueOf = new Map<string, number>();
  const { wallOffset, events } = record.history;
  for (const { message, sentAt } of record.appends) {
    const { deliverAt, delayMs } = message;
    if (deliverAt === undefined && delayMs === undefined) continue;
    const due = deliverAt ?? sentAt + wallOffset + delayMs!;
    dueOf.set(message.id, Math.min(due, dueOf.get(message.id) ?? Number.POSITIVE_INFINITY));
  }
  const told = new Set<string>();
  for (const event of events) {
    if (event.type !== "delivered" && event.type !== "handle") continue;
    for (const [offset, id] of event.messages) {
      const due = dueOf.get(id);
      const seenAt = event.at + wallOffset;
      if (due === undefined || seenAt + toleranceMs >= due || told.has(id)) continue;
      told.add(id);
      findings.push({
        anomaly: "early",
        detail: `${event.topic}: ${id} at ${offset} was due at ${due} and seen by ${event.group} at ${seenAt}, ${due - seenAt} ms before`,
      });
    }
  }
  return findings;
}
