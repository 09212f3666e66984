import type { Client } from "@tidegate/client";
import { type Lease, TidegateError } from "@tidegate/contracts";
import { consumerName } from "./consumer-name.ts";
import { Shown } from "./http-messages.ts";
import type { Consumption } from "./message-port.ts";
import { Patience } from "./patience.ts";

const leaseMs = 30_000;
const extendEveryMs = 10_000;
/** How long a receive waits on the server before it is asked anew. */
const waitMs = 20_000;
/** A receive that is not answered after so long has found nothing: ending it leaves nothing leased. */
const graceMs = 500;
const receiveMessages = 1_000;

/** Takes a group's messages over HTTP: what is leased is kept alive while it is written, and given back when it is not. */
export async function consumeOverHttp(client: Client, consumption: Consumption): Promise<void> {
  const { topic, group, follow, signal, note } = consumption;
  const patience = new Patience(consumption);
  let left = consumption.maxMessages ?? Number.POSITIVE_INFINITY;
  let wasPaused = false;
  while (left > 0 && !signal.aborted) {
    const maxMessages = Math.min(receiveMessages, left);
    const { leases, paused } = await patience.outlast(() => receive(client, consumption, maxMessages));
    if (paused && !wasPaused) note(`The group ${group} of ${topic} is paused`);
    wasPaused = paused;
    if (leases.length === 0 && !follow) return;
    left -= await new HeldLeases(client, consumption, leases, patience).handle();
  }
}

/**
 * A receive that is broken off may have been answered just then, with messages that nobody gives back before their deadline.
 * So it has a moment to be answered: one that waits still waits for messages, and the server lets go when it hangs up.
 */
async function receive(client: Client, { topic, group, follow, signal }: Consumption, maxMessages: number) {
  const hangUp = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const onAbort = () => {
    grace = setTimeout(() => hangUp.abort(signal.reason), graceMs);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await client.receive(topic, group, {
      ...{ maxMessages, leaseMs, consumer: consumerName(), signal: hangUp.signal },
      waitMs: follow ? waitMs : 0,
    });
  } finally {
    clearTimeout(grace);
    signal.removeEventListener("abort", onAbort);
  }
}

/** Leases that are held until their messages were handled. */
class HeldLeases {
  readonly #client: Client;
  readonly #consumption: Consumption;
  readonly #patience: Patience;
  /** Not settled yet. */
  readonly #held: Lease[];

  constructor(client: Client, consumption: Consumption, leases: readonly Lease[], patience: Patience) {
    this.#patience = patience;
    this.#client = client;
    this.#consumption = consumption;
    this.#held = [...leases];
  }

  /** Has all of them handled and acknowledged; answers how many messages that were. */
  async handle(): Promise<number> {
    const { signal, handle } = this.#consumption;
    const extending = setInterval(() => void this.#extend(), extendEveryMs);
    let handled = 0;
    try {
      while (this.#held.length > 0 && !signal.aborted) {
        const [lease] = this.#held as [Lease];
        await handle(lease.messages.map((message) => new Shown(lease.partition, message)));
        this.#held.shift();
        handled += lease.messages.length;
        await this.#patience.outlast(() => this.#settle(lease, { ack: "all" }));
      }
      return handled;
    } finally {
      clearInterval(extending);
      for (const lease of this.#held)
        await this.#settle(lease, { release: lease.messages.map(({ offset }) => offset) });
    }
  }

  async #settle({ id, messages }: Lease, outcome: Parameters<Client["settle"]>[3]): Promise<void> {
    const { topic, group, note } = this.#consumption;
    try {
      await this.#client.settle(topic, group, id, outcome);
    } catch (error) {
      if (!(error instanceof TidegateError && error.code === "LEASE_LOST")) throw error;
      note(`The lease of ${messages.length} messages was lost: they will be delivered again`);
    }
  }

  /** What cannot be kept alive is told when it is settled. */
  async #extend(): Promise<void> {
    const { topic, group } = this.#consumption;
    const extended = this.#held.map(({ id }) => this.#client.extend(topic, group, id, { leaseMs }));
    await Promise.allSettled(extended);
  }
}
