import { setTimeout as sleep } from "node:timers/promises";
import type { Order } from "../orders/order.ts";
import type { Visit } from "./plan-visits.ts";
import type { Receipts } from "./receipts.ts";
import { type Answer, Till } from "./till.ts";

export interface StormOptions {
  readonly serverUrl: string;
  readonly topic: string;
  readonly visits: readonly Visit[];
  /** How many visits are under way at once, each over a connection that is kept. */
  readonly connections: number;
  readonly receipts: Receipts;
  readonly signal: AbortSignal;
}

/** How often a request is sent that was refused for the moment, or was not answered. */
const attempts = 6;

/** Lets all visits happen, as many at once as there are connections. Ends early when the signal is aborted. */
export async function storm(options: StormOptions): Promise<void> {
  const { visits, signal, connections } = options;
  const till = new Till(options.serverUrl, options.topic, connections);
  const crowd = new Crowd(till, options.receipts, signal);
  let next = 0;
  const stream = async (): Promise<void> => {
    while (next < visits.length && !signal.aborted) await crowd.visit(visits[next++]!);
  };
  try {
    await Promise.all(Array.from({ length: connections }, stream));
  } finally {
    till.close();
  }
}

class Crowd {
  readonly #till: Till;
  readonly #receipts: Receipts;
  readonly #signal: AbortSignal;

  constructor(till: Till, receipts: Receipts, signal: AbortSignal) {
    this.#till = till;
    this.#receipts = receipts;
    this.#signal = signal;
  }

  async visit({ buyer, manner }: Visit): Promise<void> {
    const first = { id: `${buyer}-a`, buyer };
    const second = { id: `${buyer}-b`, buyer };
    switch (manner) {
      case "buys once":
        return this.#buy(first);
      case "orders again":
        await this.#buy(first);
        return this.#buy(second);
      case "orders twice at once":
        return this.#both(first, second);
      case "repeats the request":
        await this.#buy(first);
        return this.#buy(first);
      case "repeats it at once":
        return this.#both(first, first);
      case "hangs up in the middle":
        return this.#leave(first, "half");
      case "hangs up before the answer":
        return this.#leave(first, "all");
      case "hangs up and comes back":
        await this.#leave(first, "all");
        return this.#buy(first);
    }
  }

  async #both(first: Order, second: Order): Promise<void> {
    await Promise.all([this.#buy(first), this.#buy(second)]);
  }

  async #leave(order: Order, sent: "half" | "all"): Promise<void> {
    await this.#till.leave(order, sent);
    this.#receipts.noteHangUp();
  }

  /** Posts an order; again, with the same key, while that may help. */
  async #buy(order: Order): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const answer = await this.#till.post(order);
      this.#receipts.note(order, answer);
      const waitMs = retryDelayMs(answer, attempt);
      if (waitMs === null || attempt === attempts || this.#signal.aborted) return;
      await sleep(waitMs);
    }
  }
}

/** Null where a repeat could change nothing. */
function retryDelayMs(answer: Answer, attempt: number): number | null {
  if (answer.kind === "accepted") return null;
  if (answer.kind === "failed") return 50 * 2 ** attempt;
  return answer.retryAfterMs;
}
