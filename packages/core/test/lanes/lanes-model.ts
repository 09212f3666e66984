import type { DeliveredMessage, GroupSettings, Outcome } from "../../src/index.ts";

/** Where one message of the group is, as the model has it. */
type Place =
  | { readonly at: "waiting"; readonly attempts: number }
  | { readonly at: "lease"; readonly lease: string; readonly attempt: number }
  | { readonly at: "retry"; readonly dueAt: number; readonly attempts: number }
  | { readonly at: "acked" | "dead" };

/** A message as the model has it. */
interface Modelled {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  place: Place;
  /** Whether its lane need not wait for it: it failed without an order, or was handed back from the dead. */
  loose: boolean;
}

/** A lease as the model has it. */
export interface ModelLease {
  readonly id: string;
  readonly partition: number;
  readonly given: readonly number[];
  /** Which mode gave it: those of another one may have to be waited for. */
  readonly epoch: number;
  /** Lanes that are opened again before they have closed keep their leases, and their order. */
  readonly onLanes: boolean;
  deadline: number;
  ended: boolean;
}

/** What the group is held to. */
export type Mode = Required<Pick<GroupSettings, "ordering" | "concurrency" | "perKey" | "rate">> & {
  readonly onLanes: boolean;
};

/**
 * A group on lanes, kept the simplest way there is: a place for each message. It does not predict which messages a take
 * gives, only which it may give under order and limits, and that it gives some when there are any.
 */
export class LanesModel {
  readonly messages = new Map<string, Modelled>();
  readonly leases: ModelLease[] = [];
  readonly ends: number[];
  readonly acked: number[];
  dead = 0;
  epoch = 0;
  mode: Mode;
  readonly #maxDeliveries: number;
  readonly #backoffMs: (attempt: number) => number;
  /** Virtual time of the group's rate. */
  #rateAt = 0;

  constructor(partitions: number, mode: Mode, maxDeliveries: number, backoffMs: (attempt: number) => number) {
    this.ends = Array.from({ length: partitions }, () => 0);
    this.acked = Array.from({ length: partitions }, () => 0);
    this.mode = mode;
    this.#maxDeliveries = maxDeliveries;
    this.#backoffMs = backoffMs;
  }

  append(partition: number, keys: readonly (string | null)[]): void {
    for (const key of keys) {
      const offset = this.ends[partition]!;
      const place = { at: "waiting", attempts: 0 } as const;
      this.messages.set(`${partition}:${offset}`, { partition, offset, key, place, loose: false });
      this.ends[partition] = offset + 1;
    }
  }

  change(mode: Mode): void {
    if (mode.onLanes !== this.mode.onLanes) this.epoch += 1;
    this.mode = mode;
  }

  message(partition: number, offset: number): Modelled {
    return this.messages.get(`${partition}:${offset}`)!;
  }

  held(lease: ModelLease): number[] {
    return lease.given.filter((offset) => {
      const { place } = this.message(lease.partition, offset);
      return place.at === "lease" && place.lease === lease.id;
    });
  }

  isLive(lease: ModelLease, now: number): boolean {
    return !lease.ended && lease.deadline > now && this.held(lease).length > 0;
  }

  unended(partition?: number): Modelled[] {
    return [...this.messages.values()].filter(
      (message) =>
        message.place.at !== "acked" &&
        message.place.at !== "dead" &&
        (partition === undefined || message.partition === partition),
    );
  }

  committed(partition: number): number {
    return this.unended(partition).reduce(
      (least, { offset }) => Math.min(least, offset),
      this.ends[partition]!,
    );
  }

  /** Whether some lease was given in another mode: while it is held, the one of now may wait. */
  hasForeignLease(now: number): boolean {
    return this.leases.some((lease) => lease.epoch !== this.epoch && this.isLive(lease, now));
  }

  inFlight(now: number): Modelled[] {
    return this.leases
      .filter((lease) => this.isLive(lease, now))
      .flatMap((lease) => this.held(lease).map((offset) => this.message(lease.partition, offset)));
  }

  /** With which attempt a take may give the message; null when it may not. */
  attemptOf({ place }: Modelled, now: number): number | null {
    if (place.at === "waiting") return place.attempts + 1;
    if (place.at === "retry") return place.dueAt <= now ? place.attempts + 1 : null;
    if (place.at !== "lease") return null;
    const lease = this.leases.find(({ id }) => id === place.lease);
    return lease && lease.deadline <= now ? place.attempt + 1 : null;
  }

  /** How many the group's limits let go now. */
  room(now: number): number {
    const { concurrency, rate } = this.mode;
    let room = concurrency ? concurrency - this.inFlight(now).length : Number.POSITIVE_INFINITY;
    if (rate) {
      const step = rate.intervalMs / rate.limit;
      const burst = rate.burst ?? rate.limit;
      const lead = Math.max(0, Math.min(this.#rateAt, now + burst * step) - now);
      room = Math.min(room, Math.floor(((burst - 1) * step - lead) / step + 1e-6) + 1);
    }
    return Math.max(0, room);
  }

  /** Whether a take must give something. */
  mustGive(now: number): boolean {
    if (this.hasForeignLease(now) || this.room(now) === 0) return false;
    const busy = this.inFlight(now);
    return this.unended().some((message) => {
      const attempt = this.attemptOf(message, now);
      if (attempt === null || attempt > this.#maxDeliveries) return false;
      const { key } = message;
      if (!this.mode.onLanes || key === null) return true;
      const out = busy.filter((one) => one.key === key).length;
      if (this.mode.perKey?.concurrency && out >= this.mode.perKey.concurrency) return false;
      if (this.mode.ordering !== "key") return true;
      const waits = this.unended().some(
        (one) => one.key === key && one.place.at === "retry" && one.place.dueAt > now,
      );
      return out === 0 && !waits;
    });
  }

  /** A take came upon a message that had no attempt left. */
  buried(partition: number, offset: number, now: number): void {
    const message = this.message(partition, offset);
    const attempt = this.attemptOf(message, now);
    if (attempt === null || attempt <= this.#maxDeliveries) return;
    message.place = { at: "dead" };
    this.dead += 1;
  }

  /** Takes note of what one take gave; throws when it may not have. */
  taken(
    leases: readonly {
      id: string;
      partition: number;
      deadline: number;
      messages: readonly DeliveredMessage[];
    }[],
    now: number,
  ): void {
    const count = leases.reduce((sum, { messages }) => sum + messages.length, 0);
    if (this.mode.onLanes && count > this.room(now) && !this.hasForeignLease(now))
      throw new Error(`${count} were given, with room for ${this.room(now)}`);
    const given = new Set(
      leases.flatMap(({ partition, messages }) => messages.map(({ offset }) => `${partition}:${offset}`)),
    );
    for (const { partition, messages } of leases)
      for (const { offset, attempt } of messages)
        this.#mayGive(this.message(partition, offset), attempt, given, now);
    for (const { id, partition, deadline, messages } of leases) {
      for (const { offset, attempt } of messages)
        this.message(partition, offset).place = { at: "lease", lease: id, attempt };
      const offsets = messages.map(({ offset }) => offset);
      this.leases.push({
        id,
        partition,
        given: offsets,
        epoch: this.epoch,
        onLanes: this.mode.onLanes,
        deadline,
        ended: false,
      });
    }
    const { rate, perKey } = this.mode;
    if (rate) {
      const step = rate.intervalMs / rate.limit;
      const burst = rate.burst ?? rate.limit;
      this.#rateAt = Math.max(now, Math.min(this.#rateAt, now + burst * step)) + count * step;
    }
    if (this.mode.onLanes && perKey?.concurrency && count > 0 && !this.hasForeignLease(now)) {
      const out = new Map<string, number>();
      for (const { key } of this.inFlight(now)) if (key) out.set(key, (out.get(key) ?? 0) + 1);
      for (const name of given) {
        const { key } = this.messages.get(name)!;
        if (key && out.get(key)! > perKey.concurrency) throw new Error(`too many of ${key} are out`);
      }
    }
  }

  #mayGive(message: Modelled, attempt: number, given: ReadonlySet<string>, now: number): void {
    const { partition, offset, key } = message;
    const name = `${partition}:${offset}`;
    const expected = this.attemptOf(message, now);
    if (expected === null) throw new Error(`${name} was given, but is ${JSON.stringify(message.place)}`);
    if (expected !== attempt) throw new Error(`${name} was given at attempt ${attempt}, not ${expected}`);
    if (attempt > this.#maxDeliveries) throw new Error(`${name} was given too often`);
    if (this.mode.ordering !== "key" || key === null || message.loose) return;
    for (const other of this.unended(partition)) {
      if (other.key !== key || other.offset >= offset || other.loose) continue;
      // What awaits its burial holds nobody up.
      if ((this.attemptOf(other, now) ?? 0) > this.#maxDeliveries) continue;
      const before = `${partition}:${other.offset}`;
      if (!given.has(before)) throw new Error(`${name} was given before ${before}`);
    }
  }

  /** What a live lease's settle is to count, and what it does. */
  settled(lease: ModelLease, outcome: Outcome, now: number) {
    const counts = { acked: 0, retried: 0, released: 0, deadLettered: 0 };
    const retries = new Map(outcome.retry?.map(({ offset, delayMs }) => [offset, delayMs]));
    const acks = new Set(outcome.ack === "all" ? [] : outcome.ack);
    const releases = new Set(outcome.release);
    const deaths = new Set(outcome.deadLetter?.map(({ offset }) => offset));
    const blocked = new Set<string>();
    const inOrder = this.mode.ordering === "key" && lease.onLanes;
    for (const offset of this.held(lease)) {
      const message = this.message(lease.partition, offset);
      const { attempt } = message.place as { attempt: number };
      const named = acks.has(offset) || retries.has(offset) || releases.has(offset) || deaths.has(offset);
      const held = inOrder && message.key !== null && blocked.has(message.key);
      if (held || releases.has(offset)) {
        counts.released += 1;
        message.place = { at: "waiting", attempts: attempt - 1 };
        if (this.mode.rate && lease.onLanes) this.#rateAt -= this.mode.rate.intervalMs / this.mode.rate.limit;
        if (message.key) blocked.add(message.key);
      } else if (acks.has(offset) || (!named && outcome.ack === "all")) {
        counts.acked += 1;
        this.acked[lease.partition]! += 1;
        message.place = { at: "acked" };
      } else if (deaths.has(offset) || attempt >= this.#maxDeliveries) {
        counts.deadLettered += 1;
        this.dead += 1;
        message.place = { at: "dead" };
        if (message.key && !deaths.has(offset)) blocked.add(message.key);
      } else {
        counts.retried += 1;
        const delay = retries.get(offset) ?? this.#backoffMs(attempt);
        message.place = { at: "retry", dueAt: now + delay, attempts: attempt };
        if (!inOrder) message.loose = true;
        if (message.key) blocked.add(message.key);
      }
    }
    lease.ended = true;
    return counts;
  }

  seek(targets: readonly number[]): void {
    for (const lease of this.leases) lease.ended = true;
    for (const message of this.messages.values()) {
      if (message.offset >= targets[message.partition]!) {
        message.place = { at: "waiting", attempts: 0 };
        message.loose = false;
      } else if (message.place.at !== "acked" && message.place.at !== "dead") {
        message.place = { at: "acked" };
      }
    }
  }

  /** A dead letter is handed back, unless its message is on its way again. */
  redriven(partition: number, offset: number, now: number): void {
    const message = this.message(partition, offset);
    this.buried(partition, offset, now);
    if (message.place.at !== "dead" && message.place.at !== "acked") return;
    message.place = { at: "waiting", attempts: 0 };
    message.loose = true;
  }
}
