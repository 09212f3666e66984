import { taskId, validate } from "@tidegate/contracts";

const poolBytes = 4_096;
const idBytes = 16;
let pool = Buffer.alloc(0);
let used = 0;

/** A random id of a run: a letter, since digits alone are BullMQ's own, and 128 bits. */
export function newRunId(): string {
  // To ask for a few bytes at a time costs more than all else that is done for a run here.
  if (used + idBytes > pool.length) {
    pool = Buffer.from(crypto.getRandomValues(new Uint8Array(poolBytes)).buffer);
    used = 0;
  }
  used += idBytes;
  return `r${pool.toString("base64url", used - idBytes, used)}`;
}

/** The id that a message's run has: the same for each delivery of it. @throws INVALID */
export function idOfMessage(message: MessagePlace): string {
  const { topicId, topic, group, partition, offset } = message;
  const source = [topicId ?? topic, group, partition, offset].filter((part) => part !== undefined);
  return validate(taskId, `m.${source.join("~")}`, "message");
}

/** Where a message lies of which a run is made. */
export interface MessagePlace {
  /** With it, a topic that was deleted and made again under the same name is another. */
  readonly topicId?: string | undefined;
  readonly topic?: string | undefined;
  /** Without it, the groups of a topic enqueue one run together. */
  readonly group?: string | undefined;
  readonly partition: number;
  readonly offset: number;
}

/** The id that BullMQ gives to the run of a schedule at a time. */
export function idOfScheduled(schedule: string, plannedAt: number): string {
  return `repeat:${schedule}:${plannedAt}`;
}

/** The schedule that made a run; null when none did. */
export function scheduleOf(id: string): string | null {
  return /^repeat:([^:]+):\d+$/.exec(id)?.[1] ?? null;
}
