import { TidegateError } from "@tidegate/contracts";
import type { Redis } from "ioredis";
import { expect } from "vitest";
import { Engine, type Lease, newLeaseId, type Outcome } from "../../src/index.ts";
import { dyingConnection } from "../dying-connection.ts";
import { LanesModel, type Mode, type ModelLease } from "./lanes-model.ts";

const maxDeliveries = 3;
const leaseMs = 1000;
const partitions = 2;
const backoff = { initialMs: 200, maxMs: 500, factor: 2 };
const backoffMs = (attempt: number) =>
  Math.min(backoff.initialMs * backoff.factor ** (attempt - 1), backoff.maxMs);

const plain = { ordering: "none", concurrency: null, perKey: null, rate: null } as const;
const rate = { limit: 10, intervalMs: 1000, burst: 5 };
/** What a group may be held to; the first is on ranges. */
export const modes: readonly Mode[] = [
  { ...plain, onLanes: false },
  { ...plain, ordering: "key", onLanes: true },
  { ...plain, concurrency: 4, onLanes: true },
  { ...plain, perKey: { concurrency: 1 }, onLanes: true },
  { ...plain, ordering: "key", rate, concurrency: 6, onLanes: true },
];

/** What may happen to a group on lanes. */
export type LanesStep =
  | { readonly do: "append"; readonly keys: readonly number[]; readonly partition: number }
  | { readonly do: "take"; readonly max: number; readonly crashAfter: number | null }
  | {
      readonly do: "settle" | "extend";
      readonly pick: number;
      readonly fates: readonly number[];
      readonly default: boolean;
      readonly crashAfter: number | null;
    }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "seek"; readonly share: number; readonly crashAfter: number | null }
  | { readonly do: "redrive"; readonly crashAfter: number | null }
  /** Holds the lane of a key for so long; 0 ends that. */
  | { readonly do: "hold"; readonly key: number; readonly ms: number }
  | { readonly do: "change"; readonly mode: number; readonly crashAfter: number | null };

/** A group on a real Redis and its model, which take the same steps; processes die between any two calls. */
export class LanesStory {
  readonly #engine: Engine;
  readonly #model: LanesModel;
  readonly #topic: string;
  readonly #redis: Redis;
  readonly #namespace: string;
  /** Keys of which the lane is held, and until when; then one message at a time is given. */
  readonly #held = new Map<string, number>();
  /** Keys of which the lane may be held still: of a group that left its lanes, and may be back before they were gone. */
  readonly #mayBeHeld = new Set<string>();
  #now = 1_000_000;

  constructor(redis: Redis, namespace: string, topic: string, mode: number) {
    this.#redis = redis;
    this.#namespace = namespace;
    this.#topic = topic;
    this.#engine = this.#open(redis);
    this.#model = new LanesModel(partitions, modes[mode]!, maxDeliveries, backoffMs);
  }

  async begin(): Promise<void> {
    await this.#engine.topics.put(this.#topic, { partitions });
    const { onLanes: _, ...settings } = this.#model.mode;
    await this.#engine.groups.put(this.#topic, "g", { ...settings, leaseMs, maxDeliveries, backoff });
  }

  async take(step: LanesStep): Promise<void> {
    if (step.do === "append") await this.#append(step.keys, step.partition);
    else if (step.do === "take") await this.#take(step.max, step.crashAfter);
    else if (step.do === "settle") await this.#settle(step);
    else if (step.do === "extend") await this.#extend(step);
    else if (step.do === "pass") this.#now += step.ms;
    else if (step.do === "seek") await this.#seek(step.share, step.crashAfter);
    else if (step.do === "redrive") await this.#redrive(step.crashAfter);
    else if (step.do === "hold") await this.#hold(step.key, step.ms);
    else await this.#change(step.mode, step.crashAfter);
  }

  /** In the end everything ends, and lanes leave nothing behind. */
  async end(): Promise<void> {
    await this.#check();
    for (const key of [...this.#held.keys(), ...this.#mayBeHeld]) await this.#hold(Number(key.slice(1)), 0);
    for (let quiet = 0; quiet <= maxDeliveries + 2; ) {
      const taken = await this.#take(1000, null);
      quiet = taken > 0 ? 0 : quiet + 1;
      const live = this.#model.leases.filter((lease) => this.#model.isLive(lease, this.#now));
      for (const lease of live) await this.#settleAs(lease, { ack: "all" }, null);
      this.#now += leaseMs + backoff.maxMs;
    }
    await this.#check();
    expect(this.#model.unended().map(({ partition, offset }) => `${partition}:${offset}`)).toEqual([]);
    const tag = `{${this.#namespace}:${this.#topic}:g:g}`;
    for (const kind of ["queue", "turns", "lanes", "leases", "due", "attempts", "exhausted", "reasons"])
      expect([kind, await this.#redis.exists(`${tag}:${kind}`)]).toEqual([kind, 0]);
    await this.#engine.topics.delete(this.#topic);
    expect(await this.#redis.keys(`${tag}*`)).toEqual([]);
    await this.#engine.stop();
  }

  #open(redis: Parameters<typeof dyingConnection>[0] | ReturnType<typeof dyingConnection>): Engine {
    return new Engine({ redis, namespace: this.#namespace, subscribe: false, now: () => this.#now });
  }

  /** Does it with a process that dies after so many calls, then again with one that lives. */
  async #twice<T>(crashAfter: number | null, operation: (engine: Engine) => Promise<T>): Promise<T> {
    if (crashAfter !== null) {
      const doomed = this.#open(dyingConnection(this.#redis, crashAfter));
      await operation(doomed).catch(() => {});
      await doomed.stop();
    }
    return operation(this.#engine);
  }

  async #append(keys: readonly number[], partition: number): Promise<void> {
    const names = keys.map((key) => (key === 0 ? null : `k${key}`));
    const messages = names.map((key) => ({
      key: key && Buffer.from(key),
      value: Buffer.from("v"),
      partition,
    }));
    await this.#engine.append(this.#topic, messages);
    this.#model.append(partition, names);
  }

  /** Takes in rounds, each of which is known by its nonce: a repeat is answered with what the first attempt took. */
  async #take(max: number, crashAfter: number | null): Promise<number> {
    const leases = this.#model.mode.onLanes
      ? await this.#takeLanes(max, crashAfter)
      : (await this.#engine.groups.receive(this.#topic, "g", { maxMessages: max })).leases;
    await this.#learnBuried();
    this.#checkHeld(leases);
    const held = this.#held.size + this.#mayBeHeld.size > 0;
    if (leases.length === 0 && !held && this.#model.mustGive(this.#now)) throw new Error("nothing was given");
    this.#model.taken(leases, this.#now);
    return leases.length;
  }

  #checkHeld(leases: readonly Lease[]): void {
    const keys = leases.flatMap(({ messages }) =>
      messages.map(({ key }) => key && Buffer.from(key).toString()),
    );
    for (const [key, until] of this.#held) {
      const given = keys.filter((one) => one === key).length;
      expect(given).toBeLessThanOrEqual(this.#now < until ? 0 : 1);
    }
  }

  async #hold(number: number, forMs: number): Promise<void> {
    if (!this.#model.mode.onLanes) return;
    const key = `k${number}`;
    const lane = { key: Buffer.from(key), headers: [] };
    await this.#engine.groups.holdLane(this.#topic, "g", lane, forMs === 0 ? null : { forMs });
    // One that may be held is held for longer, perhaps.
    if (this.#mayBeHeld.has(key) && forMs !== 0) return;
    this.#mayBeHeld.delete(key);
    if (forMs === 0) this.#held.delete(key);
    else this.#held.set(key, Math.max(this.#now + forMs, this.#held.get(key) ?? 0));
  }

  async #takeLanes(max: number, crashAfter: number | null): Promise<Lease[]> {
    const nonce = newLeaseId(0).slice(2);
    const taken = await this.#twice(crashAfter, (engine) =>
      engine.groups.takeLanes(this.#topic, "g", { nonce, maxMessages: max }),
    );
    return Promise.all(
      taken!.leases.map(async (lease) => ({
        ...lease,
        messages: await this.#engine.groups.load(this.#topic, "g", lease),
      })),
    );
  }

  /** A take need not come upon everything that expired at its last attempt: what it buried is learnt from it. */
  async #learnBuried(): Promise<void> {
    const { deadLettered } = await this.#engine.groups.describe(this.#topic, "g");
    if (deadLettered === this.#model.dead) return;
    const { messages } = await this.#engine.groups.deadLetters(this.#topic, "g", { limit: 1000 });
    for (const { partition, originOffset } of messages)
      this.#model.buried(partition, originOffset, this.#now);
  }

  #pick(pick: number): ModelLease | undefined {
    const { leases } = this.#model;
    return leases[leases.length - 1 - (pick % Math.max(1, leases.length))];
  }

  async #settle(step: Extract<LanesStep, { do: "settle" | "extend" }>): Promise<void> {
    const lease = this.#pick(step.pick);
    if (!lease) return;
    const named: Record<number, number[]> = { 0: [], 1: [], 2: [], 3: [], 4: [] };
    for (const [index, offset] of lease.given.entries())
      named[step.fates[index % step.fates.length]!]!.push(offset);
    await this.#settleAs(
      lease,
      {
        ack: step.default ? "all" : named[0]!,
        retry: named[1]!.map((offset) => ({ offset, delayMs: 300 })),
        release: named[2]!,
        deadLetter: named[3]!.map((offset) => ({ offset, reason: "given up" })),
      },
      step.crashAfter,
    );
  }

  async #settleAs(lease: ModelLease, outcome: Outcome, crashAfter: number | null): Promise<void> {
    const live = this.#model.isLive(lease, this.#now);
    const partly = live && this.#model.held(lease).length < lease.given.length;
    // On ranges what a process leaves to be buried waits for the next acquire: that is another story.
    const dies = lease.onLanes && this.#model.mode.onLanes ? crashAfter : null;
    try {
      const counts = await this.#twice(dies, (engine) =>
        engine.groups.settle(this.#topic, "g", lease.id, outcome),
      );
      if (!lease.ended) expect(live).toBe(true);
      if (live) expect(counts).toEqual(this.#model.settled(lease, outcome, this.#now));
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      expect(error.code).toBe("LEASE_LOST");
      expect(live && !partly).toBe(false);
    }
    // What a process left that died before it buried what was given up.
    if (dies !== null) this.#now += 1000;
  }

  async #extend({ pick, crashAfter }: Extract<LanesStep, { do: "settle" | "extend" }>): Promise<void> {
    const lease = this.#pick(pick);
    if (!lease) return;
    const live = this.#model.isLive(lease, this.#now);
    try {
      const { deadline } = await this.#twice(crashAfter, (engine) =>
        engine.groups.extend(this.#topic, "g", lease.id, {}),
      );
      expect(live).toBe(true);
      expect(deadline).toBe(this.#now + leaseMs);
      lease.deadline = deadline;
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      expect([error.code, live]).toEqual(["LEASE_LOST", false]);
    }
  }

  async #seek(share: number, crashAfter: number | null): Promise<void> {
    const targets = this.#model.ends.map((end) => Math.floor((share / 100) * end));
    const offsets = Object.fromEntries(targets.map((offset, partition) => [String(partition), offset]));
    await this.#twice(crashAfter, (engine) => engine.groups.seek(this.#topic, "g", { offsets }));
    this.#model.seek(targets);
  }

  async #redrive(crashAfter: number | null): Promise<void> {
    const { messages } = await this.#engine.groups.deadLetters(this.#topic, "g", { limit: 1000 });
    await this.#twice(crashAfter, (engine) => engine.groups.redrive(this.#topic, "g", { all: true }));
    for (const { partition, originOffset } of messages)
      this.#model.redriven(partition, originOffset, this.#now);
  }

  async #change(mode: number, crashAfter: number | null): Promise<void> {
    const wanted = modes[mode % modes.length]!;
    const { onLanes: _, ...settings } = wanted;
    await this.#twice(crashAfter, (engine) => engine.groups.put(this.#topic, "g", settings));
    this.#model.change(wanted);
    if (wanted.onLanes) return;
    for (const key of this.#held.keys()) this.#mayBeHeld.add(key);
    this.#held.clear();
  }

  async #check(): Promise<void> {
    await this.#learnBuried();
    const { findings } = await this.#engine.audit(this.#topic);
    expect(findings).toEqual([]);
    const { partitions: seen } = await this.#engine.groups.describe(this.#topic, "g");
    expect(seen.map(({ committed, lag, deadLettered: _ }) => [committed, lag])).toEqual(
      seen.map(({ partition }) => [this.#model.committed(partition), this.#model.unended(partition).length]),
    );
  }
}
