import { type Context, run } from "./context.ts";
import { keepPartition } from "./redis/scripts.gen.ts";
import { keysOf } from "./topics/partition-fields.ts";
import type { Topic } from "./topics/topic.ts";
import type { Topics } from "./topics/topics.ts";

/** Delayed messages promoted, or marks trimmed, in one call. */
const stepsACall = 100;
const callsARound = 50;
const longestPauseMs = 60_000;
const shortestPauseMs = 100;

/**
 * Does what no append or acquire happens to do: promotes delayed messages and trims logs that nobody touches. Every
 * process may run one; they do not get in each other's way.
 */
export class Housekeeper {
  readonly #context: Context;
  readonly #topics: Topics;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round: Promise<number> | null = null;
  #running = false;

  constructor(context: Context, topics: Topics) {
    this.#context = context;
    this.#topics = topics;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(shortestPauseMs);
  }

  /** Idempotent; waits for the round that is under way. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#round?.catch(() => {});
  }

  /** One bounded round over all topics. Returns in how many milliseconds the next is due. */
  async keep(): Promise<number> {
    let pauseMs = longestPauseMs;
    for (const topic of await this.#topics.list()) {
      for (let partition = 0; partition < topic.partitions; partition += 1) {
        pauseMs = Math.min(pauseMs, await this.#keepPartition(topic, partition));
      }
    }
    return pauseMs;
  }

  async #keepPartition(topic: Topic, partition: number): Promise<number> {
    const { channel, ...keys } = keysOf(this.#context.space, topic, partition);
    for (let call = 0; call < callsARound; call += 1) {
      const args = { now: this.#context.scriptNow(), topicId: topic.topicId, channel, steps: stepsACall };
      let reply: unknown;
      try {
        reply = await run(this.#context, keepPartition, keys, args);
      } catch {
        return longestPauseMs;
      }
      const [promoted, trimmed, nextDueAt] = reply as [number, number, Buffer];
      if (promoted < stepsACall && trimmed === 0) {
        return nextDueAt.length === 0 ? longestPauseMs : Math.max(0, Number(nextDueAt) - this.#context.now());
      }
    }
    return 0;
  }

  #schedule(pauseMs: number): void {
    if (!this.#running) return;
    this.#timer = setTimeout(() => {
      this.#round = this.keep();
      this.#round.then(
        (next) => this.#schedule(Math.max(shortestPauseMs, next)),
        () => this.#schedule(1000),
      );
    }, pauseMs);
  }
}
