import type { Engine } from "@tidegate/core";

/** How long an answer is good: messages grow old by the second. */
const freshMs = 1_000;

/**
 * Tells how old messages are by Redis's clock. Their own timestamps are by the clocks of publishers, and one that is wrong
 * by a day must not have its messages given up, nor kept for ever.
 */
export class MessageAges {
  readonly #engine: Engine;
  readonly #clock: () => number;
  readonly #known = new Map<
    number,
    { readonly offset: Promise<number>; readonly at: number; maxAgeMs: number }
  >();

  constructor(engine: Engine, clock: () => number) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** The first offset of a partition that is not older than so many ms; 0 when that cannot be told now. */
  firstYoung(topic: string, partition: number, maxAgeMs: number, now: number): Promise<number> {
    const known = this.#known.get(partition);
    if (known?.maxAgeMs === maxAgeMs && this.#clock() - known.at < freshMs) return known.offset;
    const offset = this.#ask(topic, partition, Math.max(0, Math.floor(now - maxAgeMs))).catch(() => 0);
    this.#known.set(partition, { offset, at: this.#clock(), maxAgeMs });
    return offset;
  }

  async #ask(topic: string, partition: number, time: number): Promise<number> {
    const from = { time };
    const { messages, nextOffset } = await this.#engine.read(topic, partition, {
      from,
      limit: 1,
      maxBytes: 1,
    });
    return messages[0]?.offset ?? nextOffset;
  }
}
