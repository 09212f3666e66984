/** A run of a task as it lies in BullMQ's keys. */
export interface RunRecord {
  /** `gone` when there is none. */
  readonly state: "gone" | "waiting" | "delayed" | "running" | "waiting-children" | "completed" | "failed";
  /** When it was cancelled, whether it has ended since or not. */
  readonly cancelledAt: number | null;
  readonly runAt: number | null;
  readonly timestamp: number;
  /** JSON of BullMQ's options. */
  readonly options: string;
  readonly attemptsMade: number;
  readonly attemptsStarted: number;
  readonly stalledCounter: number;
  readonly processedAt: number | null;
  readonly finishedAt: number | null;
  readonly priority: number;
  /** JSON; null when there is none. */
  readonly progress: string | null;
  readonly reason: string | null;
  readonly output: string | null;
  readonly parentKey: string | null;
  readonly deduplicationId: string | null;
}

/** BullMQ's score of a delayed run is its time with twelve bits for the order of those of one millisecond. */
const delayedScale = 4096;

/** Reads the reply of `read-run`. */
export function parseRun(reply: unknown): RunRecord {
  const fields = (reply as Buffer[]).map((field) => field.toString());
  const [state = "gone", cancelledAt, score, timestamp, options, made, started, stalled, ...rest] = fields;
  const [processedAt, finishedAt, priority, progress, reason, output, parentKey, deduplicationId] = rest;
  const due = numberOf(score);
  return {
    state: state as RunRecord["state"],
    cancelledAt: numberOf(cancelledAt),
    runAt: due === null ? null : Math.floor(due / delayedScale),
    timestamp: numberOf(timestamp) ?? 0,
    options: options || "{}",
    attemptsMade: numberOf(made) ?? 0,
    attemptsStarted: numberOf(started) ?? 0,
    stalledCounter: numberOf(stalled) ?? 0,
    processedAt: numberOf(processedAt),
    finishedAt: numberOf(finishedAt),
    priority: numberOf(priority) ?? 0,
    progress: progress || null,
    reason: reason || null,
    output: output || null,
    parentKey: parentKey || null,
    deduplicationId: deduplicationId || null,
  };
}

function numberOf(text: string | undefined): number | null {
  return text === undefined || text === "" ? null : Number(text);
}
