import { median } from "../median.ts";
import type { MessageSet } from "../message-set.ts";

export const messagesPerSecond = 10_000;
/** What is sent in the first part of a run does not count: connections and code are still cold. */
const coldMs = 1_000;

/** How long each message took from when it was due to be sent until it was handled. */
export class LatencyLog {
  readonly #tookMs: Float64Array;
  #startedAt = 0;

  constructor(count: number) {
    this.#tookMs = new Float64Array(count);
  }

  start(): void {
    this.#startedAt = performance.now();
  }

  /** How many messages are due by now. */
  dueCount(): number {
    const elapsedMs = performance.now() - this.#startedAt;
    return Math.min(this.#tookMs.length, Math.floor((elapsedMs * messagesPerSecond) / 1000));
  }

  handled(index: number): void {
    this.#tookMs[index] = performance.now() - this.#startedAt - (index * 1000) / messagesPerSecond;
  }

  /** The median and the 99th percentile, in ms. */
  figures(): [number, number] {
    const cold = Math.min(this.#tookMs.length >> 1, (coldMs * messagesPerSecond) / 1000);
    const warm = [...this.#tookMs.subarray(cold)].sort((one, other) => one - other);
    return [median(warm), warm[Math.floor(warm.length * 0.99)]!];
  }
}

/**
 * Sends the messages at an even pace, however the answers come: what is late because the system lags counts as
 * latency. Resolves when all are confirmed.
 */
export async function sendPaced(
  messages: MessageSet,
  log: LatencyLog,
  send: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  const sends: Promise<unknown>[] = [];
  log.start();
  for (let sent = 0; sent < messages.count; ) {
    const due = log.dueCount();
    if (due > sent) {
      sends.push(send(sent, due));
      sent = due;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sends);
}
