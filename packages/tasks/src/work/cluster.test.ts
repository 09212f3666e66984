import { Engine } from "@tidegate/core";
import { testNamespace } from "@tidegate/testkit";
import { Cluster } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { Tasks } from "../producer/tasks.ts";
import { aborted, Tally } from "./fixtures/task-shop.ts";
import { runTasks } from "./run-tasks.ts";

test("on a cluster tasks are run, delayed, cancelled, waited for and given back", async () => {
  const redis = new Cluster(inject("clusterUrls"), { redisOptions: { maxRetriesPerRequest: 20 } });
  redis.on("error", () => {});
  const engine = new Engine({ redis, namespace: testNamespace() });
  const begun = new Tally<string>();
  const settings = { retry: { attempts: 1 } };
  const part = defineTask({ name: "part", input: z.number(), run: (number) => number * 2, ...settings });
  const whole = defineTask({
    name: "whole",
    input: z.null(),
    run: async (_, context) => (await context.children()).map(({ output }) => Number(output)).sort(),
    ...settings,
  });
  const long = defineTask({
    name: "long",
    input: z.string(),
    run: (_, { id, signal }) => {
      begun.add(id);
      return aborted(signal).then(() => Promise.reject(signal.reason));
    },
    ...settings,
  });
  const worker = runTasks([part, whole, long], { redis, engine });
  const tasks = new Tasks({ redis, engine, tasks: [part, whole, long] });
  onTestFinished(async () => {
    await tasks.close();
    await worker.stop({ timeoutMs: 0 });
    await engine.stop();
    redis.disconnect();
  });
  const timeoutMs = 30_000;
  const { id } = await tasks.enqueueFlow({
    task: whole,
    input: null,
    children: [1, 2].map((input) => ({ task: part, input })),
  });
  expect(await tasks.wait(whole, id, { timeoutMs })).toMatchObject({ state: "completed", output: [2, 4] });
  expect(await tasks.enqueueAndWait(part, 4, { delayMs: 50, timeoutMs })).toBe(8);
  const [first, second] = await tasks.enqueueMany(long, [{ input: "a" }, { input: "b" }]);
  await begun.reaches(2);
  await tasks.cancel(long, first!.id);
  expect(await tasks.wait(long, first!.id, { timeoutMs })).toMatchObject({ state: "cancelled" });
  await worker.stop({ timeoutMs: 0 });
  expect(await tasks.get(long, second!.id)).toMatchObject({ state: "waiting", attempts: 0 });
});
