import { Engine, type TaskRunName } from "@tidegate/core";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { Tasks } from "../producer/tasks.ts";
import { aborted, gate, Tally, TaskShop } from "./fixtures/task-shop.ts";

const retry = { attempts: 3, backoff: { type: "fixed", delayMs: 1 } } as const;
const cancel = (engine: Engine, name: TaskRunName) => engine.taskBook.runs.cancel(name, "CANCELLED");
const forever = () => new Promise<never>(() => {});

test("a running run that is cancelled elsewhere is aborted, and not tried again", async () => {
  const shop = new TaskShop();
  const reasons = new Tally<unknown>();
  const begun = new Tally<string>();
  const task = defineTask({
    name: "long",
    input: z.unknown(),
    retry,
    run: async (_, { id, signal }) => {
      begun.add(id);
      await aborted(signal);
      reasons.add(signal.reason);
      throw new Error("aborted");
    },
  });
  shop.worker([task]);
  const [id, other] = await shop.enqueue(task, { input: 1 }, { input: 2 });
  await begun.reaches(2);
  const elsewhere = new Engine({ redis: shop.redis, namespace: shop.namespace });
  const name = { task: task.name, id: id! };
  await Promise.all([cancel(elsewhere, name), cancel(elsewhere, name)]);
  await shop.told("cancelled", id);
  expect(reasons.seen).toEqual([expect.objectContaining({ name: "AbortError" })]);
  const job = await shop.job(task, id!);
  expect(job.failedReason).toBe("CANCELLED: The run was cancelled");
  expect(await job.getState()).toBe("failed");
  expect(await (await shop.job(task, other!)).getState()).toBe("active");
  await elsewhere.stop();
});

test("a handler that does not listen is let go", async () => {
  const shop = new TaskShop();
  const begun = new Tally<number>();
  const task = defineTask({
    name: "deaf",
    input: z.number(),
    concurrency: 1,
    retry,
    run: (number) => {
      begun.add(number);
      return number === 1 ? forever() : undefined;
    },
  });
  shop.worker([task]);
  const [id, next] = await shop.enqueue(task, { input: 1 }, { input: 2 });
  await begun.reaches(1);
  await cancel(shop.engine, { task: task.name, id: id! });
  await shop.told("cancelled", id);
  await shop.told("abandoned", id);
  await shop.told("completed", next);
});

test("where nothing can be heard, marks are looked at", async () => {
  const shop = new TaskShop();
  const engine = new Engine({ redis: shop.redis, namespace: shop.namespace, subscribe: false });
  const begun = new Tally<string>();
  const task = defineTask({
    name: "long",
    input: z.unknown(),
    retry,
    run: (_, { id, signal }) => {
      begun.add(id);
      return aborted(signal);
    },
  });
  shop.worker([task], { engine });
  const [id] = await shop.enqueue(task, { input: 1 });
  await begun.reaches(1);
  await cancel(engine, { task: task.name, id: id! });
  await shop.told("cancelled", id);
  await engine.stop();
});

test("a child that is cancelled before it begins never runs, and fails its parent", async () => {
  const shop = new TaskShop();
  let runs = 0;
  const count = () => {
    runs += 1;
  };
  const child = defineTask({ name: "child", input: z.unknown(), retry, run: count });
  const parent = defineTask({ name: "parent", input: z.unknown(), run: count });
  const id = await shop.enqueueFlow({
    task: parent,
    input: 1,
    children: [{ task: child, id: "c1", input: 1, options: { failParentOnFailure: true } }],
  });
  await cancel(shop.engine, { task: "child", id: "c1" });
  shop.worker([parent, child]);
  await shop.told("cancelled", "c1");
  expect((await shop.told("failed", id)).error.name).toBe("CHILD_FAILED");
  expect(runs).toBe(0);
});

test("a run that returns before the mark is seen has completed", async () => {
  const shop = new TaskShop();
  const begun = new Tally<string>();
  const finish = gate();
  const task = defineTask({
    name: "long",
    input: z.unknown(),
    run: (_, { id }) => {
      begun.add(id);
      return finish.opened;
    },
  });
  shop.worker([task]);
  const [id] = await shop.enqueue(task, { input: 1 });
  await begun.reaches(1);
  finish.open();
  await shop.told("completed", id);
  const late = cancel(shop.engine, { task: task.name, id: id! });
  await expect(late).rejects.toMatchObject({ code: "TASK_STATE" });
  expect(await (await shop.job(task, id!)).getState()).toBe("completed");
});

test("a run whose canceller died behind the mark is ended as soon as it begins", async () => {
  const shop = new TaskShop();
  const task = defineTask({
    name: "marked",
    input: z.unknown(),
    retry,
    run: (_, { signal }) => aborted(signal),
  });
  const [id] = await shop.enqueue(task, { input: 1 });
  await cancel(shop.engine, { task: task.name, id: id! });
  shop.worker([task]);
  await shop.told("cancelled", id);
});

test("a parent that is cancelled while it waits never runs, though its children may fail", async () => {
  const shop = new TaskShop();
  const runs: string[] = [];
  const begun = new Tally<string>();
  const child = defineTask({
    name: "child",
    input: z.string(),
    run: async (input, { signal }) => {
      begun.add(input);
      await aborted(signal);
      return input;
    },
  });
  const parent = defineTask({ name: "parent", input: z.null(), run: (_, { id }) => void runs.push(id) });
  shop.worker([parent, child]);
  const tasks = new Tasks({ redis: shop.redis, engine: shop.engine, tasks: [parent, child] });
  onTestFinished(() => tasks.close());
  const { id, children } = await tasks.enqueueFlow({
    task: parent,
    input: null,
    children: ["one", "two"].map((input) => ({ task: child, input, onFailure: "ignore" as const })),
  });
  await begun.reaches(2);
  await tasks.cancel(parent, id);
  await shop.told("cancelled", id);
  expect((await tasks.get(parent, id)).state).toBe("cancelled");
  for (const one of children) expect((await tasks.get(child, one.id)).state).toBe("cancelled");
  expect(runs).toEqual([]);
});
