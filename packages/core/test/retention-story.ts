import { TidegateError } from "@tidegate/contracts";
import { expect } from "vitest";
import { Engine, type EngineOptions, type Lease } from "../src/index.ts";

const maxDeliveries = 3;
const leaseMs = 1000;
const retentionBytes = 8000;
const retentionMs = 20_000;
const messageBytes = 200;
/** A shared batch of at most this many messages is appended at a time. */
const mostMessages = 8;
/** How far a log may pass its limit: a sixteenth, and what was appended last. */
const slackBytes = retentionBytes / 16 + mostMessages * (messageBytes + 20) + 61;

/** What may happen to a topic that keeps little. */
export type Step =
  | { readonly do: "append"; readonly count: number }
  | { readonly do: "receive"; readonly max: number }
  | { readonly do: "settle"; readonly pick: number; readonly fates: readonly number[] }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "housekeep" };

/**
 * A topic with small limits and a group on it. What retention takes, and when a group notices, is left to the engine; what
 * must hold whatever it takes is checked: nothing comes back once it has ended, attempts count up and stay within their
 * limit, a queue keeps what has not ended, a log keeps to its bytes, and in the end everything is accounted for.
 */
export class RetentionStory {
  readonly #engine: Engine;
  readonly #topic: string;
  readonly #policy: "log" | "queue";
  readonly #ordered: boolean;
  readonly #ended = new Set<number>();
  readonly #attempts = new Map<number, number>();
  readonly #open: Lease[] = [];
  #appended = 0;
  #now = 1_000_000;

  constructor(
    options: Pick<EngineOptions, "redis" | "namespace">,
    topic: string,
    policy: "log" | "queue",
    ordered: boolean,
  ) {
    this.#engine = new Engine({ ...options, subscribe: false, now: () => this.#now });
    this.#topic = topic;
    this.#policy = policy;
    this.#ordered = ordered;
  }

  async begin(): Promise<void> {
    const retention = { bytes: retentionBytes, ms: retentionMs, policy: this.#policy };
    await this.#engine.topics.put(this.#topic, { partitions: 1, retention });
    await this.#engine.groups.put(this.#topic, "g", {
      ordering: this.#ordered ? "partition" : "none",
      leaseMs,
      maxDeliveries,
      backoff: { initialMs: 200, maxMs: 500 },
    });
  }

  async take(step: Step): Promise<void> {
    if (step.do === "append") await this.#append(step.count);
    else if (step.do === "receive") await this.#receive(step.max);
    else if (step.do === "settle") await this.#settle(step.pick, step.fates);
    else if (step.do === "pass") this.#now += step.ms;
    else await this.#engine.housekeep();
    await this.#checkLog();
  }

  /** Takes and acknowledges until nothing comes any more, however long it waits. */
  async end(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      this.#now += 1500;
      const leases = await this.#receive(1000);
      quiet = leases.length === 0 ? quiet + 1 : 0;
      for (const lease of leases) {
        await this.#engine.groups.settle(this.#topic, "g", lease.id, { ack: "all" });
        for (const { offset } of lease.messages) this.#ended.add(offset);
      }
    }
    const { findings } = await this.#engine.audit(this.#topic);
    expect(findings).toEqual([]);
    const group = await this.#engine.groups.describe(this.#topic, "g");
    const { acked, deadLettered, expired } = group.partitions[0]!;
    expect([group.lag, group.inFlight, group.retrying]).toEqual([0, 0, 0]);
    expect(acked + deadLettered + expired).toBe(this.#appended);
    if (this.#policy === "queue") expect(expired).toBe(0);
    await this.#engine.topics.delete(this.#topic);
    await this.#engine.stop();
  }

  async #append(count: number): Promise<void> {
    const value = Buffer.alloc(messageBytes);
    const { outcomes } = await this.#engine.append(
      this.#topic,
      Array.from({ length: count }, () => ({ value })),
    );
    for (const outcome of outcomes) {
      if (outcome.status === "appended") {
        expect(outcome.offset).toBe(this.#appended);
        this.#appended += 1;
      } else {
        expect(this.#policy).toBe("queue");
        expect(outcome.status === "refused" && outcome.error.code).toBe("BACKLOG_FULL");
      }
    }
    const refused = outcomes.some(({ status }) => status === "refused");
    if (refused) expect((await this.#state()).bytes).toBeGreaterThan(retentionBytes - slackBytes);
  }

  async #receive(max: number): Promise<Lease[]> {
    const { leases } = await this.#engine.groups.receive(this.#topic, "g", { maxMessages: max });
    for (const lease of leases) {
      for (const { offset, attempt } of lease.messages) {
        expect(this.#ended.has(offset), `offset ${offset} had ended`).toBe(false);
        expect(attempt).toBe((this.#attempts.get(offset) ?? 0) + 1);
        expect(attempt).toBeLessThanOrEqual(maxDeliveries);
        this.#attempts.set(offset, attempt);
      }
    }
    if (this.#ordered) expect(leases.length + this.#live().length).toBeLessThanOrEqual(1);
    this.#open.push(...leases);
    return leases;
  }

  #live(): Lease[] {
    return this.#open.filter(({ deadline }) => deadline > this.#now);
  }

  async #settle(pick: number, fates: readonly number[]): Promise<void> {
    const lease = this.#open.splice(pick % Math.max(1, this.#open.length), 1)[0];
    if (!lease) return;
    const fateOf = (index: number) => fates[index % fates.length]!;
    const offsets = lease.messages.map(({ offset }) => offset);
    const given = (fate: number) => offsets.filter((_, index) => fateOf(index) === fate);
    try {
      await this.#engine.groups.settle(this.#topic, "g", lease.id, { ack: given(0), release: given(2) });
    } catch (error) {
      expect(error instanceof TidegateError && error.code).toBe("LEASE_LOST");
      expect(lease.deadline).toBeLessThanOrEqual(this.#now);
      return;
    }
    const firstFailure = offsets.findIndex((_, index) => fateOf(index) !== 0);
    for (const [index, offset] of offsets.entries()) {
      const behindFailure = this.#ordered && firstFailure >= 0 && index > firstFailure;
      if (fateOf(index) === 0 && !behindFailure) this.#ended.add(offset);
      else if (fateOf(index) === 2 || behindFailure) {
        this.#attempts.set(offset, this.#attempts.get(offset)! - 1);
      }
    }
  }

  async #state() {
    return (await this.#engine.topics.describe(this.#topic)).partitionStates[0]!;
  }

  /** What a log lost has ended for a queue's group: it was acknowledged, or it was given up. */
  async #checkLog(): Promise<void> {
    const { start, end, bytes, messages } = await this.#state();
    expect([end, messages]).toEqual([this.#appended, this.#appended - start]);
    expect(bytes).toBeLessThanOrEqual(retentionBytes + slackBytes);
    if (this.#policy === "log") return;
    const { partitions } = await this.#engine.groups.describe(this.#topic, "g");
    expect(start).toBeLessThanOrEqual(partitions[0]!.committed);
  }
}
