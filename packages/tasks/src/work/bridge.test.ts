import type { TidegateError } from "@tidegate/contracts";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import type { PublishedMessage } from "../define/task-context.ts";
import { Tasks } from "../producer/tasks.ts";
import { TaskShop } from "./fixtures/task-shop.ts";

const bytes = (text: string) => Buffer.from(text);
const retry = { attempts: 3, backoff: { type: "fixed", delayMs: 1 } } as const;

/** What lies in a topic of one partition. */
async function valuesOf({ engine }: TaskShop, topic: string): Promise<string[]> {
  const { messages } = await engine.read(topic, 0, { from: "earliest" });
  return messages.map(({ value }) => Buffer.from(value!).toString());
}

test("what an earlier attempt has published is not published again", async () => {
  const shop = new TaskShop();
  await shop.engine.topics.put("steps", { partitions: 1 });
  const placed: PublishedMessage[] = [];
  const task = defineTask({
    name: "publishing",
    input: z.string(),
    retry,
    run: async (name, context) => {
      const one = context.publish("steps", { value: bytes(`${name} 1`) });
      const two = context.publish("steps", { key: bytes("k"), value: bytes(`${name} 2`) });
      placed.push(await one, await two);
      if (context.attempt < 3) throw new Error("again");
    },
  });
  shop.worker([task]);
  const [first, second] = await shop.enqueue(task, { input: "a" }, { input: "b" });
  await shop.told("completed", first);
  await shop.told("completed", second);
  expect((await valuesOf(shop, "steps")).sort()).toEqual(["a 1", "a 2", "b 1", "b 2"]);
  expect(placed.filter(({ duplicate }) => duplicate)).toHaveLength(8);
  expect(placed.every(({ partition, offset }) => partition === 0 && offset !== null)).toBe(true);
});

test("a key of one's own counts over runs, and a delayed message has no offset yet", async () => {
  const shop = new TaskShop();
  await shop.engine.topics.put("steps", { partitions: 1 });
  const placed: PublishedMessage[] = [];
  const task = defineTask({
    name: "publishing",
    input: z.string(),
    concurrency: 1,
    run: async (_, context) => {
      placed.push(await context.publish("steps", { value: bytes("x"), idempotencyKey: "one" }));
    },
  });
  const late = defineTask({
    name: "late",
    input: z.unknown(),
    run: async (_, context) => {
      placed.push(await context.publish("steps", { value: bytes("later"), delayMs: 60_000 }));
    },
  });
  shop.worker([task, late]);
  await shop.enqueue(task, { input: "a" }, { input: "b" });
  await shop.enqueue(late, { input: 1 });
  await shop.toldTimes(3, "completed");
  expect(await valuesOf(shop, "steps")).toEqual(["x"]);
  expect(placed.filter(({ offset }) => offset === null)).toEqual([
    { partition: 0, offset: null, duplicate: false },
  ]);
  expect(placed.filter(({ duplicate }) => duplicate)).toHaveLength(1);
});

test("what cannot be published fails the handler, with the reason", async () => {
  const shop = new TaskShop();
  const codes: string[] = [];
  const task = defineTask({
    name: "publishing",
    input: z.unknown(),
    run: async (_, context) => {
      await context.publish("nowhere", { value: null }).catch((error: TidegateError) => {
        codes.push(error.code);
      });
      const { engine } = context;
      expect(engine).toBe(shop.engine);
    },
  });
  shop.worker([task]);
  const [id] = await shop.enqueue(task, { input: 1 });
  await shop.told("completed", id);
  expect(codes).toEqual(["TOPIC_NOT_FOUND"]);
});

test("a message that is delivered again enqueues one run, whose messages are published once", async () => {
  const shop = new TaskShop();
  const { engine } = shop;
  await engine.topics.put("orders", { partitions: 1 });
  await engine.topics.put("mails", { partitions: 1 });
  const task = defineTask({
    name: "mail",
    input: z.object({ order: z.string() }),
    run: async ({ order }, context) => {
      await context.publish("mails", { value: bytes(`mail of ${order}`) });
    },
  });
  const tasks = new Tasks({ redis: shop.redis, engine, tasks: [task] });
  onTestFinished(() => tasks.close());
  await engine.append("orders", [{ value: bytes("o-1") }]);
  const { leases } = await engine.groups.receive("orders", "billing", { maxMessages: 1, leaseMs: 60_000 });
  const [lease] = leases;
  const message = lease!.messages[0]!;
  const { topicId } = await engine.topics.lookup("orders");
  const place = { topicId, group: "billing", partition: lease!.partition, offset: message.offset };
  const input = { order: Buffer.from(message.value!).toString() };
  // The handler of the topic dies behind its enqueue, and the message is delivered again: before the run, and behind its end.
  const first = await tasks.enqueueFrom(place, task, input);
  const second = await tasks.enqueueFrom(place, task, input);
  shop.worker([task]);
  await shop.told("completed", first.id);
  const third = await tasks.enqueueFrom(place, task, input);
  expect([first.duplicate, second, third]).toEqual([
    undefined,
    { id: first.id, duplicate: true },
    { id: first.id, duplicate: true },
  ]);
  expect(await valuesOf(shop, "mails")).toEqual(["mail of o-1"]);
});

test("a worker makes its tasks known to producers that have no definition", async () => {
  const shop = new TaskShop();
  const task = defineTask({
    name: "known",
    input: z.object({ to: z.email() }),
    run: ({ to }) => to,
  });
  const worker = shop.worker([task]);
  await worker.ready;
  const tasks = new Tasks({ redis: shop.redis, namespace: shop.namespace });
  onTestFinished(() => tasks.close());
  await expect(tasks.enqueue("known", { to: "nobody" })).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "input.to" },
  });
  expect(await tasks.enqueueAndWait("known", { to: "ada@example.com" }, { timeoutMs: 20_000 })).toBe(
    "ada@example.com",
  );
  await expect(tasks.enqueue("unknown", {})).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
});
