import { startRedis } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { drained, numberOf, Tally, upTo, workshop } from "./fixtures/workshop.ts";

test.each([["none"], ["partition"]] as const)(
  "a Redis that is restarted in the middle loses nothing in a group ordered by %s",
  async (ordering) => {
    const redis = await startRedis({ appendonly: "always" });
    onTestFinished(() => redis.stop());
    const shop = await workshop({
      redisUrl: redis.url,
      topic: { partitions: 2 },
      group: { ordering, leaseMs: 2_000, maxDeliveries: 10 },
    });
    for (let round = 0; round < 10; round++) await shop.publish(100, round % 2);
    const seen = new Tally<number>();
    const worker = shop.worker({
      maxMessages: 10,
      concurrency: 2,
      async batchHandler(messages) {
        await new Promise(setImmediate);
        seen.add(...messages.map(numberOf));
      },
    });
    const errors: string[] = [];
    worker.on("error", ({ code }) => errors.push(code));
    await worker.start();
    await seen.reaches(200);
    await redis.kill("SIGKILL");
    await redis.restart();
    await drained(shop, worker);
    await worker.stop();
    expect([...new Set(seen.seen)].sort((one, other) => one - other)).toEqual(upTo(1_000));
    expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0, deadLettered: 0 });
    expect((await shop.engine.audit(shop.topic)).findings).toEqual([]);
    for (const code of errors) expect(code).toBe("REDIS_UNAVAILABLE");
  },
);

test("a start while Redis is away waits for it, and a stop ends that", async () => {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const shop = await workshop({ redisUrl: redis.url });
  await shop.publish(1);
  await redis.kill();
  const seen = new Tally<number>();
  const worker = shop.worker({ handler: (message) => seen.add(numberOf(message)) });
  const other = shop.worker({ handler: () => {} });
  const starting = worker.start();
  const failing = other.start();
  expect([worker.state, other.state]).toEqual(["starting", "starting"]);
  await other.stop();
  await failing;
  await redis.restart();
  await starting;
  await seen.reaches(1);
  expect(worker.state).toBe("running");
});
