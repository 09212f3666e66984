import { startRedis } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { numberOf, Tally, told, workshop } from "./fixtures/workshop.ts";

test("an idle worker is woken by an append within milliseconds, and asks only the partition that has something", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const shop = await workshop({ redisUrl: redis.url, topic: { partitions: 16 } });
  const seen = new Tally<number>();
  const worker = shop.worker({ handler: (message) => seen.add(numberOf(message)) });
  const idle = told(worker, "idle");
  await worker.start();
  await idle;
  const probe = redis.client();
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await probe.info("stats"))![1]);
  const before = await commands();
  const latencies: number[] = [];
  for (let round = 1; round <= 20; round++) {
    const idleAgain = told(worker, "idle");
    const publishedAt = performance.now();
    const handled = seen.reaches(round);
    await shop.publish(1, round % 16);
    await handled;
    latencies.push(performance.now() - publishedAt);
    await idleAgain;
  }
  latencies.sort((one, other) => one - other);
  expect(latencies[10]).toBeLessThan(50);
  // Append, acquire, load, acquire, settle, and what their scripts call: nothing for the 15 others.
  const perMessage = ((await commands()) - before) / 20;
  expect(perMessage).toBeLessThan(100);
});
