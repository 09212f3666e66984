import type { RedisConnection } from "../redis/connection.ts";

/** One consumer that waits for any of several channels. */
interface Waiter {
  readonly channels: readonly string[];
  /** When something is due anyway, in ms of this process's clock. */
  wakeAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly finish: () => void;
}

/**
 * Wakes consumers when there is something for them, without polling: one subscriber connection for a process. A
 * consumer leaves a mark in Redis when it finds nothing; what makes messages available then publishes on the
 * partition's channel. What is published between its look and its wait is noticed by a count for each channel.
 *
 * Where nothing may subscribe, and until a subscription stands, waiting is a bounded poll.
 */
export class Waker {
  readonly #open: (() => RedisConnection) | null;
  #connection: RedisConnection | null = null;
  readonly #counts = new Map<string, number>();
  /** How many are subscribing to a channel at this moment. */
  readonly #subscribing = new Map<string, number>();
  readonly #waiters = new Set<Waiter>();
  #stopped = false;
  /** Redis's clock less this process's, in ms: what is due is told by Redis's. */
  clockLead = 0;

  /** @param open makes the connection to subscribe with; null where nothing may subscribe */
  constructor(open: (() => RedisConnection) | null) {
    this.#open = open;
  }

  /** Whether waiting on the channel will notice what is published from now on. Subscribes when it is new. */
  async watch(channels: readonly string[]): Promise<boolean> {
    if (this.#open === null || this.#stopped) return false;
    const fresh = channels.filter((channel) => !this.#counts.has(channel));
    if (fresh.length === 0) return true;
    this.#connection ??= this.#connect(this.#open());
    const note = (step: number) => {
      for (const channel of fresh) {
        const now = (this.#subscribing.get(channel) ?? 0) + step;
        if (now === 0) this.#subscribing.delete(channel);
        else this.#subscribing.set(channel, now);
      }
    };
    note(1);
    try {
      await this.#connection.subscribe(...fresh);
      for (const channel of fresh) if (!this.#counts.has(channel)) this.#counts.set(channel, 0);
    } finally {
      note(-1);
    }
    return true;
  }

  /**
   * Ends the subscription to channels on which nothing will be heard any more; who waits there wakes. One that somebody is
   * just subscribing to stays, since he would take it for subscribed when the end of it overtakes his beginning.
   */
  forget(channels: readonly string[]): void {
    const known = channels.filter((channel) => this.#counts.has(channel) && !this.#subscribing.has(channel));
    if (known.length === 0) return;
    for (const channel of known) this.#counts.delete(channel);
    for (const waiter of [...this.#waiters])
      if (waiter.channels.some((channel) => known.includes(channel))) waiter.finish();
    this.#connection?.unsubscribe(...known).catch(() => {});
  }

  /** How often a channel was heard; null while it is not subscribed to. */
  count(channel: string): number | null {
    return this.#counts.get(channel) ?? null;
  }

  /** Resolves when one of the channels is heard, at `wakeAt`, when the signal fires or when the waker stops. */
  wait(channels: readonly string[], wakeAt: number, signal?: AbortSignal): Promise<void> {
    if (this.#stopped || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(waiter.timer);
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      const waiter: Waiter = { channels, wakeAt, timer: undefined, finish };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", finish, { once: true });
      this.#setTimer(waiter);
    });
  }

  /** Wakes everybody, and ends the connection. */
  stop(): void {
    this.#stopped = true;
    this.#wakeAll();
    this.#connection?.disconnect();
    this.#connection = null;
  }

  #connect(connection: RedisConnection): RedisConnection {
    connection.on("error", () => {});
    connection.on("message", (channel: string, message: string) => this.#heard(channel, Number(message)));
    let before = false;
    // What was published while the connection was away is lost: everybody looks for himself.
    connection.on("ready", () => {
      if (before) this.#missed();
      before = true;
    });
    return connection;
  }

  #missed(): void {
    for (const [channel, count] of this.#counts) this.#counts.set(channel, count + 1);
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const waiter of [...this.#waiters]) waiter.finish();
  }

  /** Something is there (0), or will be due at a time by Redis's clock. */
  #heard(channel: string, dueAt: number): void {
    this.#counts.set(channel, (this.#counts.get(channel) ?? 0) + 1);
    const wakeAt = dueAt - this.clockLead;
    for (const waiter of [...this.#waiters]) {
      if (!waiter.channels.includes(channel)) continue;
      if (dueAt === 0) waiter.finish();
      else if (wakeAt < waiter.wakeAt) {
        waiter.wakeAt = wakeAt;
        this.#setTimer(waiter);
      }
    }
  }

  #setTimer(waiter: Waiter): void {
    clearTimeout(waiter.timer);
    const delay = Math.min(Math.max(0, waiter.wakeAt - Date.now()), 2 ** 31 - 1);
    waiter.timer = setTimeout(waiter.finish, delay);
  }
}
