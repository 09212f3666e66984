import { type LineView, placeOf } from "@tidegate/contracts";
import { manualClock, testNamespace } from "@tidegate/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Admission, Engine, type Visitor } from "../src/index.ts";
import { propertyOptions } from "./property-options.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

type Step =
  | { readonly do: "join" | "advance" | "work" }
  | { readonly do: "beat" | "admit" | "buy"; readonly pick: number }
  | { readonly do: "pass"; readonly ms: number };

const name = <T extends string>(text: T) => fc.constant(text);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: name("join") }) },
  { weight: 4, arbitrary: fc.record({ do: name("advance") }) },
  { weight: 2, arbitrary: fc.record({ do: name("work") }) },
  { weight: 3, arbitrary: fc.record({ do: name("beat"), pick: fc.nat(30) }) },
  { weight: 5, arbitrary: fc.record({ do: name("admit"), pick: fc.nat(30) }) },
  { weight: 4, arbitrary: fc.record({ do: name("buy"), pick: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ do: name("pass"), ms: fc.constantFrom(50, 500, 999, 1000, 2500) }) },
);

const maxLag = 3;
const stock = 12;
const startMs = 2_000;

/** A sale with a line, told step by step by two processes in turn; after each step what is promised must hold. */
class LineStory {
  readonly #clock = manualClock();
  readonly #engines: Engine[];
  readonly #topic: string;
  readonly #ordering: "none" | "key";
  readonly #visitors: Visitor[] = [];
  readonly #admissions: Admission[] = [];
  readonly #sold = new Set<number>();
  #view: LineView | null = null;
  #turn = 0;

  constructor(namespace: string, topic: string, ordering: "none" | "key") {
    this.#ordering = ordering;
    const open = () => new Engine({ redis, namespace, subscribe: false, now: () => this.#clock.now() });
    this.#engines = [open(), open()];
    this.#topic = topic;
  }

  get #engine(): Engine {
    this.#turn += 1;
    return this.#engines[this.#turn % 2]!;
  }

  async begin(): Promise<void> {
    await this.#engine.topics.put(this.#topic, { partitions: 1, gate: { id: "g", stock } });
    await this.#engine.groups.put(this.#topic, "orders", { ordering: this.#ordering });
    const startsAt = this.#clock.now() + startMs;
    const times = { admissionMs: 3_000, heartbeatMs: 1_000 };
    await this.#engine.lines.put(this.#topic, {
      id: "l",
      startsAt,
      ordersGroup: "orders",
      maxLag,
      headWindow: 4,
      ...times,
    });
  }

  async take(step: Step): Promise<void> {
    if (step.do === "pass") this.#clock.advance(step.ms);
    else if (step.do === "join") await this.#join();
    else if (step.do === "work") await this.#work();
    else if (step.do === "beat") await this.#beat(step.pick);
    else if (step.do === "admit") await this.#admit(step.pick);
    else if (step.do === "buy") await this.#buy(step.pick);
    await this.#look();
  }

  async #join(): Promise<void> {
    const visitor = await refusable(this.#engine.lines.join(this.#topic), ["SOLD_OUT"]);
    if (visitor === null) return;
    expect(visitor.number).toBe(this.#visitors.length);
    this.#visitors.push(visitor);
  }

  async #work(): Promise<void> {
    const engine = this.#engine;
    const { leases } = await engine.groups.receive(this.#topic, "orders", { maxMessages: 2 });
    for (const { id } of leases) await engine.groups.settle(this.#topic, "orders", id, { ack: "all" });
  }

  async #beat(pick: number): Promise<void> {
    const visitor = this.#visitors[pick % Math.max(1, this.#visitors.length)];
    if (visitor) await refusable(this.#engine.lines.heartbeat(this.#topic, visitor), ["LINE_NOT_OPEN"]);
  }

  async #admit(pick: number): Promise<void> {
    const visitor = this.#visitors[pick % Math.max(1, this.#visitors.length)];
    if (visitor === undefined) return;
    const codes = ["LINE_NOT_OPEN", "NOT_YOUR_TURN", "ADMISSION_USED", "ADMISSION_EXPIRED", "SOLD_OUT"];
    const admission = await refusable(this.#engine.lines.admit(this.#topic, visitor), codes);
    if (admission === null) return;
    expect(this.#sold.has(admission.place)).toBe(false);
    expect(admission.expiresAt).toBeGreaterThan(this.#clock.now());
    const before = this.#admissions.find(({ place }) => place === admission.place);
    if (before) expect(admission.expiresAt).toBe(before.expiresAt);
    else this.#admissions.push(admission);
  }

  async #buy(pick: number): Promise<void> {
    const admission = this.#admissions[pick % Math.max(1, this.#admissions.length)];
    const message = { key: Buffer.from(`k${pick % 3}`), value: Buffer.from("order"), admission };
    const { outcomes } = await this.#engine.append(this.#topic, [message]);
    const [outcome] = outcomes;
    const code = outcome!.status === "refused" ? outcome!.error.code : "ok";
    if (admission === undefined) expect(code).toBe("ADMISSION_REQUIRED");
    else if (this.#sold.has(admission.place)) expect(code).toBe("ADMISSION_USED");
    else if (admission.expiresAt <= this.#clock.now()) expect(code).toBe("ADMISSION_EXPIRED");
    // Whoever is admitted in time finds a unit: no more are called than there are.
    else {
      expect(code).toBe("ok");
      this.#sold.add(admission.place);
    }
  }

  async #look(): Promise<void> {
    const { view, lag, called, admitted } = await this.#engine.lines.advance(this.#topic);
    const { lag: counted } = await this.#engine.groups.describe(this.#topic, "orders");
    // A partition is told of a group's lanes a moment later: never too few.
    if (this.#ordering === "none") expect(lag).toBe(counted);
    else expect(lag).toBeGreaterThanOrEqual(counted);
    expect(lag + called + admitted).toBeLessThanOrEqual(maxLag);
    expect(called + admitted).toBeLessThanOrEqual(stock - this.#sold.size);
    expect(view.serving).toBeLessThanOrEqual(this.#visitors.length);
    if (this.#view) {
      expect(view.serving).toBeGreaterThanOrEqual(this.#view.serving);
      expect(view.head).toBeGreaterThanOrEqual(this.#view.head);
      if (this.#view.shuffled !== null) expect(view.shuffled).toBe(this.#view.shuffled);
    }
    this.#view = view;
  }

  /** Nobody hangs: with everybody at the door and the orders worked on, all units are sold, or all have been served. */
  async end(): Promise<void> {
    this.#clock.advance(startMs);
    for (let round = 0; round < 200; round += 1) {
      await this.#look();
      if (this.#view!.state === "ended" || this.#allServed()) break;
      for (const visitor of this.#visitors) {
        const place = placeOf(visitor.number, this.#view!)!;
        if (place >= this.#view!.serving) await this.#engine.lines.heartbeat(this.#topic, visitor);
        else await this.#admit(visitor.number);
      }
      for (let index = 0; index < this.#admissions.length; index += 1) {
        if (!this.#sold.has(this.#admissions[index]!.place)) await this.#buy(index);
      }
      await this.#work();
      this.#clock.advance(500);
    }
    if (this.#view!.state !== "ended") expect(this.#allServed()).toBe(true);
    if (this.#ordering === "none") expect((await this.#engine.audit(this.#topic)).findings).toEqual([]);
    const { gateState } = await this.#engine.topics.describe(this.#topic);
    expect(gateState!.admitted).toBe(this.#sold.size);
  }

  #allServed(): boolean {
    return (
      this.#view!.serving === this.#visitors.length &&
      this.#visitors.every(({ number }) =>
        this.#admissions.some(({ place }) => place === placeOf(number, this.#view!)),
      )
    );
  }
}

async function refusable<T>(call: Promise<T>, codes: readonly string[]): Promise<T | null> {
  return call.catch((error: { code?: string }) => {
    if (codes.includes(error.code ?? "")) return null;
    throw error;
  });
}

const orderings = ["none", "key"] as const;
test.each(orderings)(
  "random sequences keep what a line promises, its orders in a group with ordering %s",
  {
    timeout: 600_000,
  },
  async (ordering) => {
    const namespace = testNamespace();
    let stories = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        stories += 1;
        const story = new LineStory(namespace, `t${stories}`, ordering);
        await story.begin();
        for (const next of steps) await story.take(next);
        await story.end();
      }),
      propertyOptions(0.04),
    );
  },
);
