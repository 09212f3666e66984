import { limits, type TidegateError } from "@tidegate/contracts";
import {
  type DeliveredMessage,
  type LaneLease,
  newLeaseId,
  type Outcome,
  type RangeLease,
} from "@tidegate/core";
import type { HeldLease } from "./held-lease.ts";
import { KeepAlive } from "./keep-alive.ts";
import { asTidegateError, repeatUntilAnswered } from "./repeat.ts";
import { ResultKeeper } from "./result-keeper.ts";
import { clip, lastOffset, offsetsOf, type Segment } from "./segments.ts";
import type { Tell } from "./worker-events.ts";
import type { WorkerSettings } from "./worker-options.ts";

export interface Acquired {
  readonly lease: RangeLease | null;
  readonly nextDueAt: number | null;
  /** Whether the log goes on behind what was acquired. */
  readonly more: boolean;
  /** When the call that was answered was sent (performance.now()). */
  readonly sentAt: number;
  /** The same, as if the lease had begun then: earlier, when an attempt that was not answered had taken it. */
  readonly renewedAt: number;
}

/** What a take from lanes came to. */
export interface Took extends Omit<Acquired, "lease"> {
  readonly leases: readonly LaneLease[];
}

export interface LeaseCallsOptions {
  settings: WorkerSettings;
  leaseMs: number;
  ordered: boolean;
  tell: Tell;
  /** Aborted when the worker stops: nothing is acquired or loaded any more. */
  stopping: AbortSignal;
  /** Told when a lease is held, and when it has ended. */
  onChange: () => void;
  /** Told with each answer which version of the topic the partition knows. */
  onTopicVersion: (version: number) => void;
}

/**
 * The calls that a lease lives through, each repeated until it is answered: all are safe to repeat. A lease
 * that is acquired here is kept alive until it is settled or lost.
 */
export class LeaseCalls {
  readonly #options: LeaseCallsOptions;
  readonly #keepAlive: KeepAlive;
  readonly #results: ResultKeeper;
  readonly #settling = new Set<Promise<void>>();
  /** Aborted at the very end: calls that are still unanswered are given up. */
  readonly #closing = new AbortController();
  readonly #onError: (error: TidegateError) => void;

  constructor(options: LeaseCallsOptions) {
    this.#options = options;
    this.#onError = (error) => options.tell("error", error);
    const { settings } = options;
    this.#results = new ResultKeeper({ settings, onError: this.#onError, closing: this.#closing.signal });
    this.#keepAlive = new KeepAlive({
      leaseMs: options.leaseMs,
      extend: (lease) => this.extend(lease),
      onLost: (lease, error) => this.lose(lease, error),
    });
  }

  /**
   * Acquires from a partition, or grows the lease that is held there; in a growth, the answer has only what is
   * new. The lease's id is made once, so that a repeat is answered with what the first attempt took.
   */
  async acquire(partition: number, grow?: { leaseId: string; last: number }): Promise<Acquired> {
    const { settings, leaseMs, stopping } = this.#options;
    // A growth is known by what it grows.
    const which = grow ? { grow } : { leaseId: newLeaseId(partition) };
    let sentAt = 0;
    const answer = await repeatUntilAnswered(
      () => {
        sentAt = performance.now();
        return settings.groups.acquire(settings.topic, settings.group, partition, {
          ...which,
          maxMessages: settings.maxMessages,
          maxBytes: settings.maxBytes,
          leaseMs,
          consumer: settings.consumer,
          wake: true,
          create: settings.create,
        });
      },
      { onError: this.#onError, signal: stopping },
    );
    this.#options.onTopicVersion(answer.topicVersion);
    const segments = (answer.lease?.segments ?? []).filter(({ first }) => first > (grow?.last ?? -1));
    // An answer that was long in coming may be about a lease that has run out meanwhile.
    const leftMs = (answer.lease?.deadline ?? 0) - answer.now;
    if (!answer.lease || segments.length === 0 || (!grow && leftMs <= 0)) {
      return { lease: null, nextDueAt: answer.nextDueAt, more: false, sentAt, renewedAt: sentAt };
    }
    const more = lastOffset(segments) + 1 < answer.end;
    const renewedAt = sentAt - Math.max(0, leaseMs - leftMs);
    return { lease: { ...answer.lease, segments }, nextDueAt: answer.nextDueAt, more, sentAt, renewedAt };
  }

  /** Takes so many leases from lanes; null when the group is not on lanes any more. */
  async takeLanes(leases: number): Promise<Took | null> {
    const { settings, leaseMs, stopping } = this.#options;
    const { maxMessages: leaseSize, maxBytes, consumer, create } = settings;
    // Made once, so that a repeat is answered with what the first attempt took.
    const nonce = newLeaseId(0).slice(2);
    const maxMessages = Math.min(limits.receiveMessages, leases * leaseSize);
    let sentAt = 0;
    const taken = await repeatUntilAnswered(
      () => {
        sentAt = performance.now();
        return settings.groups.takeLanes(settings.topic, settings.group, {
          nonce,
          maxMessages,
          leaseSize,
          maxBytes: Math.min(limits.receiveBytes, maxBytes * leases),
          leaseMs,
          consumer,
          wake: true,
          create,
        });
      },
      { onError: this.#onError, signal: stopping },
    );
    if (taken === null) return null;
    if (taken.topicVersion !== null) this.#options.onTopicVersion(taken.topicVersion);
    const found = taken.leases.filter(({ deadline }) => deadline > taken.now);
    const leftMs = (found[0]?.deadline ?? 0) - taken.now;
    return {
      leases: found,
      nextDueAt: taken.nextDueAt,
      more: !taken.short,
      sentAt,
      renewedAt: sentAt - Math.max(0, leaseMs - leftMs),
    };
  }

  /** The messages of a lease's segments. Throws CORRUPT_BATCH; or LEASE_LOST when the lease ended meanwhile. */
  load(lease: HeldLease, segments: readonly Segment[], deadline: number): Promise<DeliveredMessage[]> {
    const { settings } = this.#options;
    const range: RangeLease = {
      id: lease.id,
      partition: lease.partition,
      deadline,
      segments: [...segments],
      ...(lease.lanes.length > 0 && { lanes: lease.lanes }),
    };
    return repeatUntilAnswered(() => settings.groups.load(settings.topic, settings.group, range), {
      onError: this.#onError,
      signal: this.#options.stopping,
      worthwhile: () => lease.lost === null,
    });
  }

  /** Keeps it alive from now on. */
  hold(lease: HeldLease): void {
    lease.onResult = (offset, json, ttlMs) =>
      this.#results.keep({ partition: lease.partition, offset, json }, ttlMs, () => this.#isAlive(lease));
    this.#keepAlive.add(lease);
    this.#options.onChange();
  }

  /**
   * Extends the lease, acknowledging what is done so far; a lease that turns out to be lost is told. Never
   * throws.
   */
  async extend(lease: HeldLease): Promise<void> {
    const { settings, leaseMs, ordered, tell } = this.#options;
    const sentAt = performance.now();
    // A result comes before its acknowledgement: who dies in between gives it again.
    const isAhead = lease.givenResults.size === 0;
    const { through, ack } = isAhead ? (ordered ? doneInOrder(lease) : doneAnywhere(lease)) : nothingDone;
    try {
      const { deadline } = await settings.groups.extend(settings.topic, settings.group, lease.id, {
        leaseMs,
        ack,
      });
      lease.renewedAt = Math.max(lease.renewedAt, sentAt);
      if (through >= 0) lease.forgetThrough(through);
      else if (ack.length > 0) lease.reported += lease.parts[0]?.markReported(new Set(ack)) ?? 0;
      tell("extended", { partition: lease.partition, leaseId: lease.id, deadline });
    } catch (thrown) {
      const error = asTidegateError(thrown);
      // INVALID: Redis was restored from a state in which the lease had not grown by what is acknowledged here.
      if (error.code === "LEASE_LOST" || error.code === "INVALID") this.lose(lease, error);
      else tell("error", error);
    }
  }

  /** Ends the lease. Repeated until it is answered or the lease has run out. Never throws; `drain` waits for it. */
  settle(lease: HeldLease, outcome: Outcome): void {
    this.#keepAlive.delete(lease);
    if (lease.lost) return;
    const settling = this.#settle(lease, outcome).finally(() => {
      this.#settling.delete(settling);
      this.#options.onChange();
    });
    this.#settling.add(settling);
  }

  lose(lease: HeldLease, error: TidegateError): void {
    this.#keepAlive.delete(lease);
    if (lease.lost) return;
    lease.lose(error);
    const { partition, id: leaseId, unreported: messages } = lease;
    this.#options.tell("lease-lost", { partition, leaseId, messages, error });
    this.#options.onChange();
  }

  /** Whether no lease is held or being settled. */
  get idle(): boolean {
    return this.#keepAlive.size === 0 && this.#settling.size === 0;
  }

  /** Waits until every settle is answered, at most so long. */
  async drain(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#closing.abort(), timeoutMs);
    while (this.#settling.size > 0) await Promise.all(this.#settling);
    clearTimeout(timer);
    this.#closing.abort();
    this.#keepAlive.stop();
  }

  #isAlive(lease: HeldLease): boolean {
    return lease.lost === null && performance.now() - lease.renewedAt < this.#options.leaseMs;
  }

  async #settle(lease: HeldLease, outcome: Outcome): Promise<void> {
    const { settings, tell } = this.#options;
    if (lease.givenResults.size > 0) await Promise.all(lease.givenResults);
    try {
      const result = await repeatUntilAnswered(
        () =>
          settings.groups.settle(settings.topic, settings.group, lease.id, {
            ...outcome,
            heldLast: lease.last,
          }),
        {
          onError: this.#onError,
          signal: this.#closing.signal,
          worthwhile: () => this.#isAlive(lease),
        },
      );
      tell("settled", { partition: lease.partition, leaseId: lease.id, ...result });
    } catch (thrown) {
      const error = asTidegateError(thrown);
      if (error.code !== "LEASE_LOST") tell("error", error);
      this.lose(lease, error);
    }
  }
}

/** Nothing yet. */
const nothingDone: Done = { through: -1, ack: [] };

interface Done {
  /** Everything up to here; -1 where order does not matter. */
  readonly through: number;
  readonly ack: number[];
}

/**
 * What is done of a lease that is handled from front to back, with the offsets between that no message came
 * for. Never its last offset: a lease of which everything is done is settled, not extended.
 */
function doneInOrder(lease: HeldLease): Done {
  const through = Math.min(lease.doneThrough(), lease.last - 1);
  return { through, ack: through < 0 ? [] : offsetsOf(clip(lease.segments, 0, through)) };
}

/** What is done of a lease of one part, in whatever order. */
function doneAnywhere(lease: HeldLease): Done {
  const done = lease.parts[0]?.doneOffsets() ?? [];
  return { through: -1, ack: done.filter((offset) => offset !== lease.last) };
}
