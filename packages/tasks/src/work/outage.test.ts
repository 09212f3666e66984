import { startRedis } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { gate, Tally, TaskShop, upTo } from "./fixtures/task-shop.ts";

const retry = { attempts: 50, backoff: { type: "fixed", delayMs: 1 } } as const;

test("Redis may be killed and restarted under load: every run ends, none is lost", async () => {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const shop = new TaskShop(redis.url);
  const ended = new Set<number>();
  const seen = new Tally<number>();
  const count = 2_000;
  const task = defineTask({
    name: "many",
    input: z.number(),
    retry,
    keep: { completedCount: count },
    run: (number) => {
      ended.add(number);
      seen.add(number);
    },
  });
  await shop.enqueue(task, ...upTo(count).map((input) => ({ input })));
  shop.worker([task], { lockMs: 1_000 });
  for (const part of [1, 2]) {
    await seen.reaches((part * count) / 4);
    await redis.kill("SIGKILL");
    await redis.restart();
  }
  const completed = async () => (await shop.queue(task).getJobCounts("completed")).completed;
  while ((await completed())! < count) await shop.redis.ping();
  expect(ended.size).toBe(count);
  expect(await shop.queue(task).getJobCounts("wait", "active", "delayed", "failed")).toEqual({
    wait: 0,
    active: 0,
    delayed: 0,
    failed: 0,
  });
});

test("a Redis that is full when a run ends does not fail it: it is written down when there is room", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const shop = new TaskShop(redis.url);
  const begun = new Tally<number>();
  const finish = gate();
  const task = defineTask({
    name: "full",
    input: z.unknown(),
    retry: { attempts: 1 },
    run: async (_, { attempt }) => {
      begun.add(attempt);
      await finish.opened;
      return "x".repeat(1_000);
    },
  });
  shop.worker([task]);
  const [id] = await shop.enqueue(task, { input: 1 });
  await begun.reaches(1);
  await shop.redis.config("SET", "maxmemory", "1");
  const told = shop.redis.duplicate();
  onTestFinished(() => told.disconnect());
  finish.open();
  // BullMQ's end of the run has been refused when Redis counts such an answer.
  while (!/errorstat_OOM/.test((await told.info("errorstats")) as string)) await told.ping();
  await shop.redis.config("SET", "maxmemory", "0");
  await shop.told("completed", id);
  expect((await shop.job(task, id!)).returnvalue).toHaveLength(1_000);
  expect(begun.seen).toEqual([1]);
});

test("a worker that starts while Redis is away begins when it is there", async () => {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const shop = new TaskShop(redis.url);
  const task = defineTask({ name: "early", input: z.unknown(), run: () => "done" });
  const [id] = await shop.enqueue(task, { input: 1 });
  await redis.kill("SIGKILL");
  const worker = shop.worker([task]);
  await redis.restart();
  await worker.ready;
  await shop.told("completed", id);
});

test("a stop ends while Redis is away", async () => {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const shop = new TaskShop(redis.url);
  const begun = new Tally<number>();
  const task = defineTask({
    name: "cut",
    input: z.unknown(),
    run: () => {
      begun.add(1);
      return new Promise(() => {});
    },
  });
  const worker = shop.worker([task]);
  await shop.enqueue(task, { input: 1 });
  await begun.reaches(1);
  await redis.kill("SIGKILL");
  await worker.stop({ timeoutMs: 0 });
  await redis.restart();
});

test("a worker that never found a Redis stops all the same", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const shop = new TaskShop(redis.url);
  await shop.redis.ping();
  await redis.kill("SIGKILL");
  const worker = shop.worker([defineTask({ name: "none", input: z.unknown(), run: () => {} })]);
  await worker.stop({ timeoutMs: 0 });
  await worker.ready;
});
