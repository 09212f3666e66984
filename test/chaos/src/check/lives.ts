import { isBroken, type Record } from "./record.ts";

/** From when a message was first sent until it had its place beyond doubt. */
export interface Life {
  from: number;
  to: number;
}

export function livesOf(record: Record): Map<string, Life> {
  const lives = new Map<string, Life>();
  for (const { message, sentAt, answeredAt } of record.appends) {
    const life = lives.get(message.id);
    const to = answeredAt ?? Number.POSITIVE_INFINITY;
    if (!life) lives.set(message.id, { from: sentAt, to });
    else {
      life.from = Math.min(life.from, sentAt);
      life.to = Math.max(life.to, to);
    }
  }
  return lives;
}

/** Whether a break came between the append of a message and what became of it: it may have ended before, or had another offset. */
export function isUnsure(
  record: Record,
  where: { readonly topic: string; readonly group: string },
  life: Life | undefined,
  at: number,
): boolean {
  if (!life) return true;
  return isBroken(record, where, life.from, Math.max(life.to, at));
}
