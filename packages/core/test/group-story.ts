import { TidegateError } from "@tidegate/contracts";
import { expect } from "vitest";
import { Engine, type EngineOptions, type Outcome } from "../src/index.ts";
import { GroupModel, type ModelLease } from "./group-model.ts";

const maxDeliveries = 3;
const leaseMs = 1000;
const backoff = { initialMs: 200, maxMs: 500, factor: 2 };
const mostPartitions = 3;
const backoffMs = (attempt: number) =>
  Math.min(backoff.initialMs * backoff.factor ** (attempt - 1), backoff.maxMs);

/** What may happen to a group. */
export type Step =
  | { readonly do: "append"; readonly count: number; readonly partition: number }
  | { readonly do: "acquire"; readonly max: number }
  | {
      readonly do: "settle" | "extend";
      readonly pick: number;
      /** What becomes of each message in turn: acknowledged, retried, released, given up, not named. */
      readonly fates: readonly number[];
      readonly default: boolean;
    }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "seek"; readonly share: number }
  | { readonly do: "redrive" }
  | { readonly do: "grow" };

const acknowledge = { do: "settle", fates: [0], default: true } as const;

type SettleStep = Extract<Step, { do: "settle" | "extend" }>;

/** A group on a real Redis and its model, which take the same steps. */
export class GroupStory {
  readonly #engine: Engine;
  readonly #topic: string;
  readonly #ordered: boolean;
  /** One for each partition. */
  readonly #models: GroupModel[];
  readonly #leases: { readonly lease: ModelLease; readonly model: GroupModel }[] = [];
  #now = 1_000_000;

  constructor(options: Pick<EngineOptions, "redis" | "namespace">, topic: string, ordered: boolean) {
    this.#engine = new Engine({ ...options, subscribe: false, now: () => this.#now });
    this.#topic = topic;
    this.#ordered = ordered;
    this.#models = [this.#newModel()];
  }

  async begin(): Promise<void> {
    await this.#engine.topics.put(this.#topic, { partitions: 1 });
    await this.#engine.groups.put(this.#topic, "g", {
      ordering: this.#ordered ? "partition" : "none",
      leaseMs,
      maxDeliveries,
      backoff,
    });
  }

  async take(step: Step): Promise<void> {
    if (step.do === "append") await this.#append(step.count, step.partition % this.#models.length);
    else if (step.do === "acquire") await this.#acquire(step.max);
    else if (step.do === "settle") await this.#settle(step);
    else if (step.do === "extend") await this.#extend(step);
    else if (step.do === "pass") this.#now += step.ms;
    else if (step.do === "seek") await this.#seek(step.share);
    else if (step.do === "redrive") await this.#redrive();
    else await this.#grow();
  }

  /**
   * In the end everything ends. Without an order nothing is settled any more: what has not ended is delivered until its
   * attempts are used up, then buried. In order that would take a round a message: there the rest is acknowledged.
   */
  async end(): Promise<void> {
    await this.#check();
    for (let quiet = 0; quiet <= maxDeliveries; ) {
      const taken = await this.#acquire(1000);
      quiet = taken > 0 && this.#ordered ? 0 : quiet + 1;
      if (this.#ordered)
        for (let pick = 0; pick < taken; pick += 1) await this.#settle({ ...acknowledge, pick });
      this.#now += leaseMs + backoff.maxMs;
    }
    await this.#acquire(1000);
    await this.#check();
    for (const model of this.#models) expect(model.unended()).toEqual([]);
    await this.#engine.topics.delete(this.#topic);
    await this.#engine.stop();
  }

  #newModel(): GroupModel {
    return new GroupModel(this.#ordered, maxDeliveries, backoffMs);
  }

  async #append(count: number, partition: number): Promise<void> {
    const model = this.#models[partition]!;
    const messages = Array.from({ length: count }, (_, n) => ({
      value: Buffer.from(`${partition}:${model.end + n}`),
      partition,
    }));
    const { outcomes } = await this.#engine.append(this.#topic, messages);
    expect(outcomes.map((outcome) => "offset" in outcome && outcome.offset)).toEqual(
      messages.map((_, n) => model.end + n),
    );
    model.end += count;
  }

  async #acquire(max: number): Promise<number> {
    const { leases } = await this.#engine.groups.receive(this.#topic, "g", { maxMessages: max });
    await this.#learnBuried();
    if (leases.length === 0) for (const model of this.#models) expect(model.mustGive(this.#now)).toBe(false);
    for (const { id, partition, deadline, messages } of leases) {
      expect(messages.map(({ value }) => value && Buffer.from(value).toString())).toEqual(
        messages.map(({ offset }) => `${partition}:${offset}`),
      );
      const model = this.#models[partition]!;
      this.#leases.push({ lease: model.acquired(id, deadline, messages, this.#now), model });
    }
    return leases.length;
  }

  /** An acquire need not come upon everything that expired at its last attempt: what it buried is learnt from it. */
  async #learnBuried(): Promise<void> {
    const { deadLettered } = await this.#engine.groups.describe(this.#topic, "g");
    if (deadLettered === this.#models.reduce((sum, { dead }) => sum + dead, 0)) return;
    const { messages } = await this.#engine.groups.deadLetters(this.#topic, "g", { limit: 1000 });
    for (const { partition, originOffset } of messages)
      this.#models[partition]!.buried(originOffset, this.#now);
  }

  #pick(pick: number) {
    return this.#leases[this.#leases.length - 1 - (pick % Math.max(1, this.#leases.length))];
  }

  async #settle({ pick, fates, default: ackAll }: SettleStep): Promise<void> {
    const picked = this.#pick(pick);
    if (!picked) return;
    const { lease, model } = picked;
    const named: Record<number, number[]> = { 0: [], 1: [], 2: [], 3: [], 4: [] };
    for (const [index, offset] of lease.given.entries()) named[fates[index % fates.length]!]!.push(offset);
    const outcome: Outcome = {
      ack: ackAll ? "all" : named[0]!,
      retry: named[1]!.map((offset) => ({ offset, delayMs: 300 })),
      release: named[2]!,
      deadLetter: named[3]!.map((offset) => ({ offset, reason: "given up" })),
    };
    const live = model.isLive(lease, this.#now);
    const partly = live && model.held(lease).length < lease.given.length;
    try {
      const counts = await this.#engine.groups.settle(this.#topic, "g", lease.id, outcome);
      if (!lease.ended) expect(live).toBe(true);
      if (live) expect(counts).toEqual(model.settled(lease, outcome, this.#now));
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      expect(error.code).toBe("LEASE_LOST");
      expect(live && !partly).toBe(false);
    }
  }

  async #extend({ pick, fates }: SettleStep): Promise<void> {
    const picked = this.#pick(pick);
    if (!picked) return;
    const { lease, model } = picked;
    const live = model.isLive(lease, this.#now);
    const ack = lease.given.filter((_, index) => fates[index % fates.length] === 0);
    const left = model.held(lease).filter((offset) => !ack.includes(offset)).length;
    try {
      const { deadline } = await this.#engine.groups.extend(this.#topic, "g", lease.id, { ack });
      expect(live).toBe(true);
      expect(deadline).toBe(this.#now + leaseMs);
      model.extended(lease, ack, deadline);
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      expect(error.code).toBe(live ? "INVALID" : "LEASE_LOST");
      if (live) expect(left).toBe(0);
    }
  }

  async #seek(share: number): Promise<void> {
    const targets = this.#models.map(({ end }) => Math.floor((share / 100) * end));
    await this.#engine.groups.seek(this.#topic, "g", {
      offsets: Object.fromEntries(targets.map((offset, partition) => [String(partition), offset])),
    });
    for (const [partition, model] of this.#models.entries()) model.seek(targets[partition]!);
  }

  /** What a seek went back before is delivered by the cursor; the others are retries that are due. */
  async #redrive(): Promise<void> {
    const { messages } = await this.#engine.groups.deadLetters(this.#topic, "g", { limit: 1000 });
    const { redriven } = await this.#engine.groups.redrive(this.#topic, "g", { all: true });
    expect(redriven).toBe(messages.length);
    const origins = new Set(messages.map(({ partition, originOffset }) => `${partition} ${originOffset}`));
    for (const origin of origins) {
      const [partition, offset] = origin.split(" ").map(Number) as [number, number];
      this.#models[partition]!.redriven(offset, this.#now);
    }
  }

  /** A partition that is added begins at offset 0 for the group. */
  async #grow(): Promise<void> {
    if (this.#models.length === mostPartitions) return;
    this.#models.push(this.#newModel());
    await this.#engine.topics.put(this.#topic, { partitions: this.#models.length });
  }

  async #check(): Promise<void> {
    const { findings } = await this.#engine.audit(this.#topic);
    expect(findings).toEqual([]);
    const { partitions } = await this.#engine.groups.describe(this.#topic, "g");
    expect(
      partitions.map(({ end, next, committed, acked, deadLettered, inFlight, retrying }) => {
        return { end, next, committed, acked, dead: deadLettered, held: inFlight + retrying };
      }),
    ).toEqual(
      this.#models.map((model) => {
        const { end, next, committed, acked, dead } = model;
        return { end, next, committed, acked, dead, held: model.unended().length };
      }),
    );
  }
}
