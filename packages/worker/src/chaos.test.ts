import fc from "fast-check";
import { expect, test } from "vitest";
import { numberOf, type Workshop, workshop } from "./fixtures/workshop.ts";
import { deadLetter, type HandlerOutcome, release, retry } from "./outcome.ts";
import type { Worker } from "./worker.ts";

/** What becomes of a message at each delivery, and how long that takes in turns of the event loop. */
interface Plan {
  readonly fates: readonly ("ack" | "throw" | "retry" | "release" | "dead-letter")[];
  readonly turns: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  fates: fc
    .array(fc.constantFrom("throw", "retry", "release", "dead-letter"), { maxLength: 2 })
    .map((some) => [...some, "ack"] as Plan["fates"]),
  turns: fc.integer({ min: 0, max: 2 }),
});
const uneventful: Plan = { fates: ["ack"], turns: 0 };

const scene = fc.record({
  ordering: fc.constantFrom("none", "partition") as fc.Arbitrary<"none" | "partition">,
  batches: fc.boolean(),
  partitions: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.integer({ min: 1, max: 5 }),
  maxMessages: fc.integer({ min: 1, max: 30 }),
  plans: fc.array(fc.option(plan, { nil: uneventful, freq: 3 }), { minLength: 1, maxLength: 150 }),
  /** After so many deliveries one of the workers is stopped and another started. */
  changeAfter: fc.integer({ min: 1, max: 100 }),
});

test("every message ends once, whatever handlers do and whenever workers stop", {
  timeout: 30_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(scene, async (given) => {
      const shop = await workshop({
        topic: { partitions: given.partitions },
        group: { ordering: given.ordering, maxDeliveries: 4, leaseMs: 3_000 },
      });
      const deliveries = new Map<number, number[]>();
      const acked: { partition: number; number: number }[] = [];
      const changed = Promise.withResolvers<void>();
      let count = 0;
      const decide = async (number: number, attempt: number, partition: number) => {
        const { fates, turns } = given.plans[number]!;
        const before = deliveries.get(number) ?? [];
        deliveries.set(number, [...before, attempt]);
        count += 1;
        if (count >= given.changeAfter) changed.resolve();
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        const fate = fates[Math.min(before.length, fates.length - 1)]!;
        if (fate === "ack") acked.push({ partition, number });
        return outcomeOf(fate);
      };
      const start = () => startWorker(shop, given, decide);
      for (let partition = 0; partition < given.partitions; partition++) {
        const numbers = given.plans
          .map((_plan, number) => number)
          .filter((n) => n % given.partitions === partition);
        const messages = numbers.map((number) => ({ value: Buffer.from(String(number)), partition }));
        if (messages.length > 0) await shop.engine.append(shop.topic, messages);
      }
      const first = await start();
      const second = await start();
      const settled = settledAll(shop, [first, second]);
      await Promise.race([changed.promise, settled]);
      await first.stop();
      const third = await start();
      await settledAll(shop, [second, third]);
      await Promise.all([second.stop(), third.stop()]);
      await expectBalance(shop, given.plans.length, deliveries, acked, given);
    }),
    { numRuns: 25 },
  );
});

function outcomeOf(fate: Plan["fates"][number]): HandlerOutcome | undefined {
  if (fate === "throw") throw new Error("by plan");
  if (fate === "retry") return retry({ delayMs: 0 });
  if (fate === "release") return release();
  return fate === "dead-letter" ? deadLetter("by plan") : undefined;
}

type Decide = (number: number, attempt: number, partition: number) => Promise<HandlerOutcome | undefined>;

async function startWorker(
  shop: Workshop,
  given: { batches: boolean; ordering: string; concurrency: number; maxMessages: number },
  decide: Decide,
): Promise<Worker> {
  const { concurrency, maxMessages } = given;
  const worker = shop.worker({
    concurrency,
    maxMessages,
    ...(given.batches
      ? {
          async batchHandler(messages, batch) {
            for (const message of messages) {
              const outcome = await decide(numberOf(message), message.attempt, batch.partition).catch(() =>
                retry(),
              );
              batch.settle(message, outcome);
              // What comes behind a failure in an ordered group comes again: a handler that minds stops there.
              if (outcome && given.ordering === "partition") return release();
            }
            return undefined;
          },
        }
      : { handler: (message, { partition }) => decide(numberOf(message), message.attempt, partition) }),
  });
  await worker.start();
  return worker;
}

/** Waits until nothing is left, looking again whenever a lease has ended. */
async function settledAll(shop: Workshop, workers: readonly Worker[]): Promise<void> {
  for (;;) {
    const ended = Promise.withResolvers<void>();
    for (const worker of workers) worker.once("settled", () => ended.resolve());
    if ((await shop.describe()).lag === 0) return;
    await ended.promise;
  }
}

async function expectBalance(
  shop: Workshop,
  published: number,
  deliveries: ReadonlyMap<number, readonly number[]>,
  acked: readonly { partition: number; number: number }[],
  given: { ordering: string },
): Promise<void> {
  const dead = (await shop.deadLetters()).map((letter) => Number(Buffer.from(letter.value!).toString()));
  const ended = [...acked.map(({ number }) => number), ...dead].sort((one, other) => one - other);
  expect(ended).toEqual(Array.from({ length: published }, (_, number) => number));
  for (const attempts of deliveries.values()) {
    expect(Math.max(...attempts)).toBeLessThanOrEqual(4);
    // Only what failed spends an attempt: numbers never skip.
    for (const [index, attempt] of attempts.entries())
      expect(attempt).toBeLessThanOrEqual((attempts[index - 1] ?? 0) + 1);
  }
  if (given.ordering === "partition") {
    for (const partition of new Set(acked.map((one) => one.partition))) {
      const numbers = acked.filter((one) => one.partition === partition).map(({ number }) => number);
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    }
  }
  expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  expect((await shop.engine.audit(shop.topic)).findings).toEqual([]);
}
