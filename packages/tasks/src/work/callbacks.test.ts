import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  decodeHttpTask,
  type HttpTaskMessage,
  httpTaskTopic,
  limits,
  TidegateError,
} from "@tidegate/contracts";
import { expect, inject, onTestFinished, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { Tasks } from "../producer/tasks.ts";
import { TaskShop } from "./fixtures/task-shop.ts";

const program = fileURLToPath(new URL("./fixtures/dying-worker.ts", import.meta.url));
const callbackUrl = "https://example.com/done";
const failureCallbackUrl = "https://example.com/failed";
const data = { callbackUrl, failureCallbackUrl };

const telling = defineTask({
  name: "telling",
  input: z.string(),
  retry: { attempts: 2, backoff: { type: "fixed", delayMs: 1 } },
  run: (what) => {
    if (what === "fail") throw new RangeError("no");
    return what === "huge" ? "x".repeat(limits.taskOutputBytes - 2) : { sent: true };
  },
});

/** All HTTP tasks that were published. */
async function published({ engine }: TaskShop): Promise<HttpTaskMessage[]> {
  const { partitions } = await engine.topics.lookup(httpTaskTopic);
  const found: HttpTaskMessage[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const { messages } = await engine.read(httpTaskTopic, partition, { from: "earliest" });
    found.push(...messages.map(({ value }) => decodeHttpTask(value) as HttpTaskMessage));
  }
  return found;
}

test("the end of a run is told where it should be", async () => {
  const shop = new TaskShop();
  shop.worker([telling]);
  const [good, bad] = await shop.enqueue(telling, { input: "send", data }, { input: "fail", data });
  await shop.told("completed", good);
  await shop.told("failed", bad, ({ becomes }) => becomes === "failed");
  const told = await published(shop);
  expect(told.map(({ url, callback }) => [url, callback]).sort()).toEqual([
    [callbackUrl, true],
    [failureCallbackUrl, true],
  ]);
  expect(told.find(({ url }) => url === callbackUrl)!.body).toEqual({
    type: "task.completed",
    task: "telling",
    id: good,
    attempts: 1,
    output: { sent: true },
    error: null,
  });
  expect(told.find(({ url }) => url === failureCallbackUrl)!.body).toEqual({
    type: "task.failed",
    task: "telling",
    id: bad,
    attempts: 2,
    output: null,
    error: { name: "RangeError", message: "no" },
  });
});

test("a worker that dies between the callback and the end of its run leaves one callback", async () => {
  const shop = new TaskShop();
  const lockMs = 1_000;
  const [id] = await shop.enqueue(telling, { input: "send", data });
  const args = ["--conditions=tidegate-source", program, inject("redisUrl"), shop.namespace, String(lockMs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "exit");
  expect(await published(shop)).toHaveLength(1);
  expect(await (await shop.job(telling, id!)).getState()).toBe("active");
  shop.worker([telling], { lockMs });
  await shop.told("completed", id);
  expect((await shop.job(telling, id!)).stalledCounter).toBe(1);
  expect(await published(shop)).toHaveLength(1);
});

test("a run that fails again after an operator's retry is told again", async () => {
  const shop = new TaskShop();
  const tasks = new Tasks({ redis: shop.redis, engine: shop.engine, tasks: [telling] });
  onTestFinished(() => tasks.close());
  shop.worker([telling]);
  const { id } = await tasks.enqueue(telling, "fail", { failureCallbackUrl });
  await shop.told("failed", id, ({ becomes }) => becomes === "failed");
  await tasks.retry(telling, id);
  await shop.toldTimes(4, "failed", id);
  expect(await published(shop)).toHaveLength(2);
});

test("an output that no message holds is not told, but that there is one", async () => {
  const shop = new TaskShop();
  shop.worker([telling]);
  const [id] = await shop.enqueue(telling, { input: "huge", data });
  await shop.told("completed", id);
  const [callback, ...others] = await published(shop);
  expect(callback!.body).toMatchObject({ type: "task.completed", id, output: null, error: null });
  expect(others).toEqual([]);
  expect((await shop.job(telling, id!)).returnvalue).toHaveLength(limits.taskOutputBytes - 2);
});

test("a callback that fails for now is tried again; one that cannot be is told of, and ends no run", async () => {
  const shop = new TaskShop();
  const answers = [
    new TidegateError("OVERLOADED"),
    new TidegateError("REDIS_UNAVAILABLE"),
    null,
    new TidegateError("INVALID", "no such URL", { field: "url" }),
  ];
  const keys: unknown[] = [];
  const callbacks = {
    async enqueue({ idempotencyKey }: { readonly idempotencyKey?: string }) {
      keys.push(idempotencyKey);
      const answer = answers.shift();
      if (answer) throw answer;
    },
  };
  shop.worker([telling], { callbacks });
  const [first] = await shop.enqueue(telling, { input: "send", data });
  await shop.told("completed", first);
  expect(new Set(keys)).toEqual(new Set([`task:telling:${first}:task.completed`]));
  const [second] = await shop.enqueue(telling, { input: "send", data });
  await shop.told("completed", second);
  expect(await shop.told("callback-lost", second)).toMatchObject({ url: callbackUrl });
});

test("a stop does not wait for a callback that cannot be published: another worker does", async () => {
  const shop = new TaskShop();
  let refusals = 0;
  const callbacks = {
    async enqueue() {
      refusals += 1;
      throw new TidegateError("OVERLOADED");
    },
  };
  const worker = shop.worker([telling], { callbacks });
  const [id] = await shop.enqueue(telling, { input: "send", data });
  await shop.told("error", undefined, ({ error }) => (error as TidegateError).code === "OVERLOADED");
  await worker.stop({ timeoutMs: 10 });
  await shop.told("released", id);
  expect(refusals).toBeGreaterThan(0);
  shop.worker([telling]);
  await shop.told("completed", id);
  expect(await published(shop)).toHaveLength(1);
});
