import { TidegateError } from "@tidegate/contracts";
import { testNamespace } from "@tidegate/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine, type Outcome } from "../src/index.ts";
import { GroupModel, type ModelLease } from "./group-model.ts";

const runs = Number(process.env.TIDEGATE_PROPERTY_RUNS ?? 300);
const maxDeliveries = 3;
const leaseMs = 1000;
const backoff = { initialMs: 200, maxMs: 500, factor: 2 };
const backoffMs = (attempt: number) =>
  Math.min(backoff.initialMs * backoff.factor ** (attempt - 1), backoff.maxMs);

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

type Step =
  | { readonly do: "append"; readonly count: number }
  | { readonly do: "acquire"; readonly max: number }
  | {
      readonly do: "settle" | "extend";
      readonly pick: number;
      readonly fates: readonly number[];
      readonly default: boolean;
    }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "seek"; readonly share: number }
  | { readonly do: "redrive" };

const fates = fc.array(fc.nat(4), { minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("append" as const), count: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("acquire" as const), max: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      pick: fc.nat(20),
      fates,
      default: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("extend" as const),
      pick: fc.nat(20),
      fates,
      default: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(50, 200, 400, 999, 1000, 1500),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("seek" as const), share: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("redrive" as const) }) },
);

class Story {
  readonly #engine: Engine;
  readonly #topic: string;
  readonly #model: GroupModel;
  #now = 1_000_000;

  constructor(namespace: string, topic: string, ordered: boolean) {
    this.#engine = new Engine({ redis, namespace, subscribe: false, now: () => this.#now });
    this.#topic = topic;
    this.#model = new GroupModel(ordered, maxDeliveries, backoffMs);
  }

  async begin(): Promise<void> {
    await this.#engine.topics.put(this.#topic, { partitions: 1 });
    await this.#engine.groups.put(this.#topic, "g", {
      ordering: this.#model.ordered ? "partition" : "none",
      leaseMs,
      maxDeliveries,
      backoff,
    });
  }

  async take(next: Step): Promise<void> {
    if (next.do === "append") await this.#append(next.count);
    else if (next.do === "acquire") await this.#acquire(next.max);
    else if (next.do === "settle") await this.#settle(next);
    else if (next.do === "extend") await this.#extend(next);
    else if (next.do === "pass") this.#now += next.ms;
    else if (next.do === "seek") await this.#seek(next.share);
    else await this.#redrive();
  }

  /** What expired at its last attempt is buried when an acquire comes upon it: take until nothing is left. */
  async end(): Promise<void> {
    while ((await this.#acquire(1000)) > 0);
    await this.#check();
    await this.#engine.topics.delete(this.#topic);
    await this.#engine.stop();
  }

  async #append(count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, n) => ({
      value: Buffer.from(String(this.#model.end + n)),
    }));
    await this.#engine.append(this.#topic, messages);
    this.#model.end += count;
  }

  async #acquire(max: number): Promise<number> {
    const model = this.#model;
    const { leases } = await this.#engine.groups.receive(this.#topic, "g", { maxMessages: max });
    await this.#learnBuried();
    if (leases.length === 0) expect(model.mustGive(this.#now)).toBe(false);
    for (const { id, deadline, messages } of leases) {
      expect(messages.map(({ offset, value }) => [offset, String(value && Buffer.from(value))])).toEqual(
        messages.map(({ offset }) => [offset, String(offset)]),
      );
      model.acquired(id, deadline, messages, this.#now);
    }
    return leases.length;
  }

  /** An acquire need not come upon everything that expired at its last attempt: what it buried is learnt from it. */
  async #learnBuried(): Promise<void> {
    const { deadLettered } = await this.#engine.groups.describe(this.#topic, "g");
    if (deadLettered === this.#model.dead) return;
    const { messages } = await this.#engine.groups.deadLetters(this.#topic, "g");
    for (const { originOffset } of messages) this.#model.buried(originOffset, this.#now);
  }

  #pick(pick: number): ModelLease | undefined {
    return this.#model.leases[
      this.#model.leases.length - 1 - (pick % Math.max(1, this.#model.leases.length))
    ];
  }

  async #settle({ pick, fates, default: ackAll }: Extract<Step, { do: "settle" | "extend" }>): Promise<void> {
    const lease = this.#pick(pick);
    if (!lease) return;
    const named: Record<number, number[]> = { 0: [], 1: [], 2: [], 3: [], 4: [] };
    for (const [index, offset] of lease.given.entries()) named[fates[index % fates.length]!]!.push(offset);
    const outcome: Outcome = {
      ack: ackAll ? "all" : named[0]!,
      retry: named[1]!.map((offset) => ({ offset, delayMs: 300 })),
      release: named[2]!,
      deadLetter: named[3]!.map((offset) => ({ offset, reason: "given up" })),
    };
    const live = this.#model.isLive(lease, this.#now);
    const partly = live && this.#model.held(lease).length < lease.given.length;
    try {
      const counts = await this.#engine.groups.settle(this.#topic, "g", lease.id, outcome);
      if (!lease.ended) expect(live).toBe(true);
      if (live) expect(counts).toEqual(this.#model.settled(lease, outcome, this.#now));
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      expect(error.code).toBe("LEASE_LOST");
      expect(live && !partly).toBe(false);
    }
  }

  async #extend({ pick, fates }: Extract<Step, { do: "settle" | "extend" }>): Promise<void> {
    const lease = this.#pick(pick);
    if (!lease) return;
    const live = this.#model.isLive(lease, this.#now);
    const ack = lease.given.filter((_, index) => fates[index % fates.length] === 0);
    const left = this.#model.held(lease).filter((offset) => !ack.includes(offset)).length;
    try {
      const { deadline } = await this.#engine.groups.extend(this.#topic, "g", lease.id, { ack });
      expect(live).toBe(true);
      expect(deadline).toBe(this.#now + leaseMs);
      this.#model.extended(lease, ack, deadline);
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      expect(error.code).toBe(live ? "INVALID" : "LEASE_LOST");
      if (live) expect(left).toBe(0);
    }
  }

  async #seek(share: number): Promise<void> {
    const offset = Math.floor((share / 100) * this.#model.end);
    await this.#engine.groups.seek(this.#topic, "g", { offsets: { "0": offset } });
    this.#model.seek(offset);
  }

  /** What a seek went back before is delivered by the cursor; the others are retries that are due. */
  async #redrive(): Promise<void> {
    const { messages } = await this.#engine.groups.deadLetters(this.#topic, "g");
    const { redriven } = await this.#engine.groups.redrive(this.#topic, "g", { all: true });
    expect(redriven).toBe(messages.length);
    const origins = new Set(messages.map(({ originOffset }) => originOffset));
    for (const offset of origins) {
      this.#model.redriven(offset, this.#now);
    }
  }

  async #check(): Promise<void> {
    const { findings } = await this.#engine.audit(this.#topic);
    expect(findings).toEqual([]);
    const described = await this.#engine.groups.describe(this.#topic, "g");
    const partition = described.partitions[0]!;
    const { end, next, acked, dead, committed } = this.#model;
    expect({ end: partition.end, next: partition.next, committed: partition.committed }).toEqual({
      end,
      next,
      committed,
    });
    expect(partition.acked).toBe(acked);
    expect(partition.deadLettered).toBe(dead);
    expect(partition.inFlight + partition.retrying).toBe(this.#model.unended().length);
  }
}

for (const ordered of [false, true]) {
  test(`random sequences keep a group with ordering ${ordered ? "partition" : "none"} as the model has it`, async () => {
    const namespace = testNamespace();
    let story = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        story += 1;
        const told = new Story(namespace, `t${story}`, ordered);
        await told.begin();
        for (const next of steps) await told.take(next);
        await told.end();
      }),
      { numRuns: runs },
    );
  }, 300_000);
}
