import { expect, test } from "vitest";
import { drained, gate, numberOf, Tally, told, upTo, type Workshop, workshop } from "./fixtures/workshop.ts";
import { retry } from "./outcome.ts";

/** Numbers from 0 on, each with the key of its remainder. */
async function publishKeyed(shop: Workshop, count: number, keys: number): Promise<void> {
  await shop.engine.append(
    shop.topic,
    upTo(count).map((number) => ({
      key: Buffer.from(`k${number % keys}`),
      value: Buffer.from(String(number)),
    })),
  );
}

test.each([
  ["messages side by side", false],
  ["batches", true],
])("each key is handled in order, others meanwhile: %s", async (_, batches) => {
  const shop = await workshop({ topic: { partitions: 3 }, group: { ordering: "key", maxDeliveries: 5 } });
  await publishKeyed(shop, 300, 7);
  const done = new Tally<number>();
  const running = new Set<number>();
  const failed = new Set<number>();
  let overlaps = 0;
  const handle = async (number: number) => {
    const lane = number % 7;
    expect(running.has(lane)).toBe(false);
    running.add(lane);
    overlaps = Math.max(overlaps, running.size);
    await new Promise((resolve) => setImmediate(resolve));
    running.delete(lane);
    if (number % 10 === 3 && !failed.has(number)) {
      failed.add(number);
      return retry({ delayMs: 1 });
    }
    done.add(number);
    return undefined;
  };
  const worker = shop.worker({
    concurrency: batches ? 1 : 8,
    maxMessages: 20,
    ...(batches
      ? {
          batchHandler: async (messages) => {
            const outcomes = [];
            for (const message of messages) {
              const outcome = await handle(numberOf(message));
              outcomes.push(outcome);
              // What follows it in its lane is released by Redis; it has not been done.
              if (outcome) break;
            }
            while (outcomes.length < messages.length) outcomes.push(retry({ delayMs: 1 }));
            return outcomes;
          },
        }
      : { handler: (message) => handle(numberOf(message)) }),
  });
  await worker.start();
  await done.reaches(300);
  await drained(shop, worker);
  await worker.stop();
  for (const lane of upTo(7)) {
    const seen = done.seen.filter((number) => number % 7 === lane);
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
  }
  if (!batches) expect(overlaps).toBeGreaterThan(1);
  expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0, deadLettered: 0 });
});

test("a concurrency holds over all workers", async () => {
  const shop = await workshop({ topic: { partitions: 2 }, group: { concurrency: 3 } });
  await publishKeyed(shop, 60, 60);
  const done = new Tally<number>();
  let running = 0;
  let most = 0;
  const handler = async (message: { value: Uint8Array | null }) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    done.add(numberOf(message));
  };
  const workers = upTo(3).map(() => shop.worker({ concurrency: 10, maxMessages: 2, handler }));
  await Promise.all(workers.map((worker) => worker.start()));
  await done.reaches(60);
  await Promise.all(workers.map((worker) => worker.stop()));
  expect(most).toBeLessThanOrEqual(3);
  expect(done.seen.toSorted((one, other) => one - other)).toEqual(upTo(60));
  expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0 });
});

test("a worker that waits hears of messages, and of a hold that ends", async () => {
  const shop = await workshop({ group: { push: { url: "https://example.com" } } });
  const done = new Tally<number>();
  const worker = shop.worker({ maxMessages: 1, handler: (message) => done.add(numberOf(message)) });
  const idle = told(worker, "idle");
  await worker.start();
  await idle;
  await shop.publish(1);
  await done.reaches(1);
  await shop.engine.groups.hold(shop.topic, shop.group, { forMs: 600_000 });
  await shop.publish(2);
  expect((await shop.describe()).heldUntil).toBeGreaterThan(Date.now());
  await shop.engine.groups.hold(shop.topic, shop.group, null);
  await done.reaches(3);
  await drained(shop, worker);
});

test("a worker follows its group to lanes", async () => {
  const shop = await workshop({ topic: { partitions: 2 } });
  await publishKeyed(shop, 20, 5);
  const done = new Tally<number>();
  const { opened, open } = gate();
  const worker = shop.worker({
    concurrency: 4,
    maxMessages: 2,
    handler: async (message) => {
      await opened;
      done.add(numberOf(message));
    },
  });
  const leased = told(worker, "settled");
  await worker.start();
  await shop.engine.groups.put(shop.topic, shop.group, { ordering: "key" });
  open();
  await leased;
  await done.reaches(20);
  await drained(shop, worker);
  await publishKeyed(shop, 5, 5);
  await done.reaches(25);
  await drained(shop, worker);
  expect(new Set(done.seen).size).toBe(20);
});

test("a worker follows its group back to ranges", async () => {
  const shop = await workshop({ topic: { partitions: 2 }, group: { ordering: "key" } });
  await publishKeyed(shop, 20, 5);
  const done = new Tally<number>();
  const worker = shop.worker({
    concurrency: 4,
    maxMessages: 3,
    handler: async (message) => done.add(numberOf(message)),
  });
  await worker.start();
  await done.reaches(20);
  await drained(shop, worker);
  await shop.engine.groups.put(shop.topic, shop.group, { ordering: "none" });
  await publishKeyed(shop, 30, 5);
  await done.reaches(50);
  await drained(shop, worker);
  expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0, deadLettered: 0 });
  expect(done.seen).toHaveLength(50);
});
