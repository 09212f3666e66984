import { setTimeout as sleep } from "node:timers/promises";
import { Client, type JoinResponse, type LineView, placeOf, TidegateError } from "@tidegate/client";
import { topic } from "./sale-desk.ts";

interface Visitor extends Pick<JoinResponse, "visitor" | "number"> {
  readonly name: string;
  /** The line that he joined. */
  readonly lineId: string;
  /** One in twelve closes the page and is not heard of again. */
  readonly leaves: boolean;
  heardAt: number;
}

const atOnce = 32;
const pollEveryMs = 500;
const longestThoughtMs = 1_500;

/**
 * Visitors by the hundred, as programs. They share one poll, as those behind a cache do; each joins, waits, tells near the
 * head that he is there, and buys when it is his turn.
 */
export class VisitorCrowd {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  #waiting: Visitor[] = [];
  #made = 0;
  #following: Promise<void> | null = null;

  constructor(url: string, token: string, signal: AbortSignal) {
    this.#client = new Client({ url, token });
    this.#signal = signal;
  }

  /** Lets so many more come. Resolves when they have joined; throws what the line refuses them with. */
  async release(count: number): Promise<void> {
    await this.#each(Array.from({ length: count }), async () => {
      const joined = await this.#client.line(topic).join();
      this.#made += 1;
      const leaves = this.#made % 12 === 0;
      this.#waiting.push({ ...joined, name: `visitor-${this.#made}`, lineId: joined.id, leaves, heardAt: 0 });
    });
    this.#following ??= this.#follow().finally(() => {
      this.#following = null;
    });
  }

  /** Resolves when nobody of the crowd is under way any more; the signal ends that early. */
  async stop(): Promise<void> {
    await this.#following;
  }

  async #follow(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#signal.aborted) {
      await this.#step().catch(() => {});
      await sleep(pollEveryMs, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  async #step(): Promise<void> {
    const view = await this.#client.line(topic).get();
    const isOver = view.state === "ended";
    this.#waiting = this.#waiting.filter(({ lineId }) => lineId === view.id && !isOver);
    const called = this.#waiting.filter((visitor) => this.#place(visitor, view) < view.serving);
    this.#waiting = this.#waiting.filter((visitor) => !called.includes(visitor));
    const silent = this.#waiting.filter(
      (visitor) =>
        !visitor.leaves &&
        this.#place(visitor, view) < view.head &&
        view.at - visitor.heardAt >= view.heartbeatMs,
    );
    await this.#each(silent, async (visitor) => {
      visitor.heardAt = view.at;
      await this.#client.line(topic).heartbeat(visitor.visitor);
    });
    for (const visitor of called) if (!visitor.leaves) void this.#buy(visitor).catch(() => {});
  }

  async #buy(visitor: Visitor): Promise<void> {
    await sleep(Math.random() * longestThoughtMs, undefined, { signal: this.#signal });
    try {
      const { admission } = await this.#client.line(topic).admission(visitor.visitor);
      const id = `${visitor.lineId}-${visitor.name}`;
      await this.#client.publish(topic, {
        key: visitor.name,
        value: { order: id },
        idempotencyKey: id,
        admission,
      });
    } catch (error) {
      // Passed over while he thought: he comes back, and is called again before the others.
      if (error instanceof TidegateError && error.code === "NOT_YOUR_TURN") this.#waiting.push(visitor);
    }
  }

  #place({ number }: Visitor, view: LineView): number {
    return placeOf(number, view) ?? Number.POSITIVE_INFINITY;
  }

  async #each<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
    let next = 0;
    const worker = async () => {
      while (next < items.length && !this.#signal.aborted) await run(items[next++]!);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }
}
