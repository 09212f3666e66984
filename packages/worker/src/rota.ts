import { setMaxListeners } from "node:events";
import type { TidegateError } from "@tidegate/contracts";
import { BackOff } from "./back-off.ts";
import { asTidegateError } from "./repeat.ts";
import type { WorkerSettings } from "./worker-options.ts";

/** Each sleeping partition is asked at least so often, in case a wake-up is lost; with many partitions less often. */
const fallbackMs = 60_000;
const fallbackPerPartitionMs = 3_000;

/** A sleep that ends so soon was none; a partition that sleeps so again and again rests up to this long. */
const briefMs = 2;
const restlessMs = 1_000;

/**
 * How long a partition that was given up for others is left alone: time enough for one that waits to be woken
 * and to take it.
 */
const yieldMs = 5;

interface Seat {
  readonly partition: number;
  /** Whether it is in the queue. */
  queued: boolean;
  /** Calls under way for it. */
  asking: number;
  /** Whether the last answer had more behind it: then several calls at once make sense. */
  more: boolean;
  asleep: boolean;
  /** How often in a row it woke at once and had nothing. */
  restless: number;
}

export interface RotaOptions {
  settings: WorkerSettings;
  /** Whether the group is on lanes: then one seat waits for all partitions and for the lanes. */
  lanes?: boolean;
  /** Told when a partition that slept may have something. */
  onTurn: () => void;
  onError: (error: TidegateError) => void;
}

/**
 * Whose turn it is: partitions that may have something, in turn; those that have nothing sleep until they are
 * woken.
 */
export class Rota {
  readonly #options: RotaOptions;
  readonly #seats: Seat[] = [];
  readonly #queue: Seat[] = [];
  readonly #stop = new AbortController();
  readonly #trouble = new BackOff(1_000, fallbackMs);
  readonly #timers = new Set<NodeJS.Timeout>();
  #sleeping = 0;

  constructor(partitions: number, options: RotaOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stop.signal);
    this.grow(partitions);
    // Several workers that start together begin at different partitions.
    const first = Math.floor(Math.random() * partitions);
    this.#queue.push(...this.#queue.splice(0, first));
  }

  /** The topic has so many partitions now; they never become fewer, unless another topic took the name. */
  grow(partitions: number): void {
    for (let partition = this.#seats.length; partition < partitions; partition++) {
      const seat = { partition, queued: false, asking: 0, more: false, asleep: false, restless: 0 };
      this.#seats.push(seat);
      this.#enqueue(seat);
    }
  }

  /** The partition whose turn it is; `answered` or `troubled` must follow. */
  take(): number | null {
    const seat = this.#queue.shift();
    if (!seat || this.#stop.signal.aborted) return null;
    seat.queued = false;
    seat.asking += 1;
    if (seat.more) this.#enqueue(seat);
    return seat.partition;
  }

  /** Whether every partition sleeps. */
  get asleep(): boolean {
    return this.#sleeping === this.#seats.length;
  }

  /** It had something: it gets its next turn after the others; with `more`, several at once. */
  found(partition: number, more: boolean): void {
    const seat = this.#answered(partition);
    seat.more = more;
    seat.restless = 0;
    this.#trouble.reset();
    this.#enqueue(seat);
  }

  /** It has more, but was given up after its time, so that another worker may take it. */
  yielded(partition: number): void {
    const seat = this.#answered(partition);
    this.#later(yieldMs, () => {
      this.#enqueue(seat);
      this.#options.onTurn();
    });
  }

  /** It had nothing: it sleeps until something is appended or due. */
  empty(partition: number, nextDueAt: number | null): void {
    const seat = this.#answered(partition);
    seat.more = false;
    if (seat.queued) {
      seat.queued = false;
      this.#queue.splice(this.#queue.indexOf(seat), 1);
    }
    if (seat.asking === 0 && !seat.asleep) void this.#sleep(seat, nextDueAt);
  }

  /** It could not be asked for a reason that waiting a little does not cure: it rests. */
  troubled(partition: number): void {
    const seat = this.#answered(partition);
    // Before anything: whoever is refused without a round trip would ask again and again.
    seat.more = false;
    if (seat.asking > 0 || seat.asleep) return;
    this.#rest(seat, this.#trouble.next());
  }

  stop(): void {
    this.#stop.abort();
    this.#queue.length = 0;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #answered(partition: number): Seat {
    const seat = this.#seats[partition]!;
    seat.asking -= 1;
    return seat;
  }

  #enqueue(seat: Seat): void {
    if (seat.queued || this.#stop.signal.aborted) return;
    seat.queued = true;
    this.#queue.push(seat);
  }

  async #sleep(seat: Seat, nextDueAt: number | null): Promise<void> {
    const { topic, group, groups } = this.#options.settings;
    const { lanes = false } = this.#options;
    const longest = Math.max(fallbackMs, fallbackPerPartitionMs * this.#seats.length);
    const sleptAt = performance.now();
    this.#setAsleep(seat, true);
    try {
      await groups.wait(topic, group, lanes ? null : [seat.partition], {
        lanes,
        untilAt: nextDueAt,
        timeoutMs: longest * (1 - Math.random() / 4),
        signal: this.#stop.signal,
      });
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      this.#options.onError(asTidegateError(thrown));
      this.#setAsleep(seat, false);
      return this.#rest(seat, this.#trouble.next());
    }
    this.#trouble.reset();
    const brief = performance.now() - sleptAt < briefMs;
    seat.restless = brief ? seat.restless + 1 : 0;
    // What is due and yet not handed out must not be asked for in a circle.
    if (seat.restless > 1) this.#rest(seat, Math.min(restlessMs, 2 ** seat.restless));
    else this.#wake(seat);
  }

  #rest(seat: Seat, ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#setAsleep(seat, true);
    this.#later(ms, () => this.#wake(seat));
  }

  #later(ms: number, then: () => void): void {
    if (this.#stop.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }

  #wake(seat: Seat): void {
    if (this.#stop.signal.aborted) return;
    this.#setAsleep(seat, false);
    this.#enqueue(seat);
    this.#options.onTurn();
  }

  #setAsleep(seat: Seat, asleep: boolean): void {
    if (seat.asleep === asleep) return;
    seat.asleep = asleep;
    this.#sleeping += asleep ? 1 : -1;
  }
}
