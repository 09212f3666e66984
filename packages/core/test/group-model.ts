import type { DeliveredMessage, Outcome } from "../src/index.ts";

/** Where one message of a group is, as the model has it. */
type Place =
  | { readonly at: "lease"; readonly lease: string; readonly attempt: number }
  | { readonly at: "retry"; readonly dueAt: number; readonly attempts: number }
  | { readonly at: "acked" | "dead" };

/** A lease as the model has it. */
export interface ModelLease {
  readonly id: string;
  readonly given: readonly number[];
  deadline: number;
  ended: boolean;
}

/**
 * A group in one partition, kept the simplest way there is: a place for each message. It does not predict which messages
 * an acquire gives, only which it may give, and that it gives some when there are any.
 */
export class GroupModel {
  end = 0;
  next = 0;
  acked = 0;
  dead = 0;
  readonly places = new Map<number, Place>();
  readonly leases: ModelLease[] = [];
  readonly ordered: boolean;
  readonly maxDeliveries: number;
  readonly backoffMs: (attempt: number) => number;

  constructor(ordered: boolean, maxDeliveries: number, backoffMs: (attempt: number) => number) {
    this.ordered = ordered;
    this.maxDeliveries = maxDeliveries;
    this.backoffMs = backoffMs;
  }

  /** Messages of a lease that it still holds. */
  held(lease: ModelLease): number[] {
    return lease.given.filter((offset) => {
      const place = this.places.get(offset);
      return place?.at === "lease" && place.lease === lease.id;
    });
  }

  isLive(lease: ModelLease, now: number): boolean {
    return !lease.ended && lease.deadline > now && this.held(lease).length > 0;
  }

  /** Whether an acquire may give the message: with which attempt; null when it may not. */
  attemptOf(offset: number, now: number): number | null {
    if (offset >= this.next) return offset < this.end ? 1 : null;
    const place = this.places.get(offset);
    if (place?.at === "retry") return place.dueAt <= now ? place.attempts + 1 : null;
    if (place?.at !== "lease") return null;
    const lease = this.leases.find(({ id }) => id === place.lease);
    return lease && lease.deadline <= now ? place.attempt + 1 : null;
  }

  /** The messages that have not ended, in order. */
  unended(): number[] {
    const list: number[] = [];
    for (const [offset, place] of this.places)
      if (place.at === "lease" || place.at === "retry") list.push(offset);
    return list.sort((one, other) => one - other);
  }

  get committed(): number {
    return this.unended()[0] ?? this.next;
  }

  /** Whether an acquire must give something; messages at the limit of attempts are buried instead. */
  mustGive(now: number): boolean {
    const givable = (offset: number) => {
      const attempt = this.attemptOf(offset, now);
      return attempt !== null && attempt <= this.maxDeliveries;
    };
    const unended = this.unended();
    if (this.ordered && unended.length > 0) return givable(unended[0]!);
    return unended.some(givable) || this.next < this.end;
  }

  /** A dead letter is handed back: a retry that is due, unless its message is on its way again. */
  redriven(offset: number, now: number): void {
    if (offset >= this.next) return;
    const place = this.places.get(offset);
    const buried = (this.attemptOf(offset, now) ?? 0) > this.maxDeliveries;
    if (place?.at === "retry" || (place?.at === "lease" && !buried)) return;
    if (buried) this.dead += 1;
    this.places.set(offset, { at: "retry", dueAt: now, attempts: 0 });
  }

  /** An acquire came upon a message that had expired at its last attempt. */
  buried(offset: number, now: number): void {
    const attempt = this.attemptOf(offset, now);
    if (offset >= this.next || attempt === null || attempt <= this.maxDeliveries) return;
    this.places.set(offset, { at: "dead" });
    this.dead += 1;
  }

  /** Takes note of what an acquire gave; throws when it may not have. */
  acquired(id: string, deadline: number, messages: readonly DeliveredMessage[], now: number): ModelLease {
    const first = this.unended()[0];
    if (this.ordered && messages[0]!.offset !== (first ?? this.next)) {
      throw new Error(`ordered group was given ${messages[0]!.offset}, not ${first ?? this.next}`);
    }
    let next = this.next;
    for (const { offset, attempt } of messages) {
      const expected = this.attemptOf(offset, now);
      if (expected === null) throw new Error(`offset ${offset} was given, but is not to be had`);
      if (expected !== attempt)
        throw new Error(`offset ${offset} was given at attempt ${attempt}, not ${expected}`);
      if (attempt > this.maxDeliveries) throw new Error(`offset ${offset} was given too often`);
      if (offset >= next) {
        if (offset !== next) throw new Error(`offset ${next} was passed over`);
        next += 1;
      }
      this.places.set(offset, { at: "lease", lease: id, attempt });
    }
    this.next = next;
    const lease = { id, given: messages.map(({ offset }) => offset), deadline, ended: false };
    this.leases.push(lease);
    return lease;
  }

  /** What a live lease's settle is to count, and what it does. */
  settled(
    lease: ModelLease,
    outcome: Outcome,
    now: number,
  ): { acked: number; retried: number; released: number; deadLettered: number } {
    const counts = { acked: 0, retried: 0, released: 0, deadLettered: 0 };
    const retries = new Map(outcome.retry?.map(({ offset, delayMs }) => [offset, delayMs]));
    const acks = new Set(outcome.ack === "all" ? [] : outcome.ack);
    const releases = new Set(outcome.release);
    const deaths = new Set(outcome.deadLetter?.map(({ offset }) => offset));
    const released: number[] = [];
    let blocked = false;
    for (const offset of this.held(lease)) {
      const { attempt } = this.places.get(offset) as { attempt: number };
      const named = acks.has(offset) || retries.has(offset) || releases.has(offset) || deaths.has(offset);
      if (blocked || releases.has(offset)) {
        counts.released += 1;
        released.push(offset);
        this.places.set(offset, { at: "retry", dueAt: now, attempts: attempt - 1 });
        blocked = this.ordered;
      } else if (acks.has(offset) || (!named && outcome.ack === "all")) {
        counts.acked += 1;
        this.acked += 1;
        this.places.set(offset, { at: "acked" });
      } else if (deaths.has(offset) || attempt >= this.maxDeliveries) {
        counts.deadLettered += 1;
        this.dead += 1;
        this.places.set(offset, { at: "dead" });
        blocked = this.ordered && !deaths.has(offset);
      } else {
        counts.retried += 1;
        const delay = retries.get(offset) ?? this.backoffMs(attempt);
        this.places.set(offset, { at: "retry", dueAt: now + delay, attempts: attempt });
        blocked = this.ordered;
      }
    }
    lease.ended = true;
    this.#rollBack(released);
    return counts;
  }

  /** What was handed out last and for the first time, and comes back, is behind the cursor again. */
  #rollBack(released: readonly number[]): void {
    for (const offset of [...released].reverse()) {
      const place = this.places.get(offset);
      if (offset !== this.next - 1 || place?.at !== "retry" || place.attempts !== 0) return;
      this.places.delete(offset);
      this.next = offset;
    }
  }

  /** An extend acknowledges; an ordered group counts only an unbroken front. */
  extended(lease: ModelLease, ack: readonly number[], deadline: number): void {
    const acks = new Set(ack);
    for (const offset of this.held(lease)) {
      if (acks.has(offset)) {
        this.acked += 1;
        this.places.set(offset, { at: "acked" });
      } else if (this.ordered) break;
    }
    lease.deadline = deadline;
  }

  seek(offset: number): void {
    for (const lease of this.leases) lease.ended = true;
    for (const [at, place] of [...this.places]) {
      if (place.at === "lease" || place.at === "retry") this.places.delete(at);
      else if (at >= offset) this.places.delete(at);
    }
    this.next = offset;
  }

  /** Counts of what is leased and of what waits for another attempt. */
  counts(): { inFlight: number; retrying: number } {
    let inFlight = 0;
    let retrying = 0;
    for (const place of this.places.values()) {
      if (place.at === "lease") inFlight += 1;
      if (place.at === "retry") retrying += 1;
    }
    return { inFlight, retrying };
  }
}
