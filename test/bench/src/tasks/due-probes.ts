import { sendInFlight } from "../in-flight.ts";
import { Ledger } from "../ledger.ts";
import { median } from "../median.ts";
import { type MessageSet, readIndex } from "../message-set.ts";
import type { Bout } from "../scenario.ts";
import { callsInFlight, runsPerCall } from "./task-settings.ts";

const othersDelayMs = 3_600_000;
/** Probes are due one after the other, the first of them so long after the last one is enqueued. */
const everyMs = 7;
const aheadMs = 2_000;

export const configuration =
  "one process, each run due 7 ms after the one before, 100,000 others delayed for an hour";

/** A run that is enqueued with a delay. */
export interface DelayedRun {
  readonly text: string;
  readonly delayMs: number;
}

/** The two ends of a system that delays. */
export interface DelayingEnds {
  enqueue(runs: readonly DelayedRun[]): Promise<unknown>;
  /** Starts to hand what is due to the handler; returns what ends it. */
  run(handle: (text: string) => void): Promise<() => Promise<unknown>>;
}

/** Delays the others, then probes, and returns the median and the 99th percentile of how late those began, in ms. */
export async function measureDue(
  who: string,
  { messages, pace }: Bout,
  ends: DelayingEnds,
): Promise<number[]> {
  await delayOthers(pace === "tiny" ? 1_000 : 100_000, messages.payloadBytes, ends);
  const ledger = new Ledger(messages);
  const late = new Float64Array(messages.count);
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const firstDueAt = Date.now() + aheadMs;
  const dueAt = (index: number) => firstDueAt + index * everyMs;
  const stop = await ends.run((text) => {
    const now = performance.timeOrigin + performance.now();
    const body = Buffer.from(text, "latin1");
    ledger.enter(body);
    const index = readIndex(body);
    late[index] = now - dueAt(index);
    if (ledger.delivered === messages.count) resolve();
  });
  try {
    await delayProbes(messages, dueAt, ends);
    await all;
  } finally {
    await stop();
  }
  ledger.close(who);
  const sorted = [...late].sort((one, other) => one - other);
  if (sorted[0]! < -1) throw new Error(`${who}: a run began ${-sorted[0]!} ms before it was due`);
  return [median(sorted), sorted[Math.floor(sorted.length * 0.99)]!];
}

async function delayOthers(count: number, bytes: number, ends: DelayingEnds): Promise<void> {
  const text = "o".repeat(bytes);
  await sendInFlight(count, runsPerCall, callsInFlight, (from, to) =>
    ends.enqueue(Array.from({ length: to - from }, () => ({ text, delayMs: othersDelayMs }))),
  );
}

/** Backwards, so that each becomes the next that is due. */
async function delayProbes(
  messages: MessageSet,
  dueAt: (index: number) => number,
  ends: DelayingEnds,
): Promise<void> {
  for (let to = messages.count; to > 0; to -= runsPerCall) {
    const from = Math.max(0, to - runsPerCall);
    const runs = messages
      .texts(from, to)
      .map((text, index) => ({ text, delayMs: Math.max(0, dueAt(from + index) - Date.now()) }));
    await ends.enqueue(runs);
  }
}
