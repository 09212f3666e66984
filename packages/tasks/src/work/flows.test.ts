import { expect, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { TaskShop } from "./fixtures/task-shop.ts";

const child = defineTask({
  name: "child",
  input: z.object({ value: z.number() }),
  retry: { attempts: 1 },
  run: ({ value }) => {
    if (value < 0) throw new RangeError("negative");
    return { squared: value * value };
  },
});

const parent = defineTask({
  name: "parent",
  input: z.unknown(),
  run: async (_, context) => {
    const children = await context.children();
    return children.map(({ task, output }) => [task, (output as { squared: number }).squared]).sort();
  },
});

test("a run that waits for others is given what they returned", async () => {
  const shop = new TaskShop();
  shop.worker([child, parent]);
  const values = [1, 2, 3];
  const id = await shop.enqueueFlow({
    task: parent,
    input: null,
    children: values.map((value) => ({
      task: child,
      input: { value },
      options: { failParentOnFailure: true },
    })),
  });
  await shop.told("completed", id);
  expect((await shop.job(parent, id)).returnvalue).toEqual([
    ["child", 1],
    ["child", 4],
    ["child", 9],
  ]);
});

test("a child that fails takes its parent with it, and the parent's callback tells so", async () => {
  const shop = new TaskShop();
  const published: unknown[] = [];
  const callbacks = { enqueue: async (request: unknown) => published.push(request) };
  shop.worker([child, parent], { callbacks });
  const id = await shop.enqueueFlow({
    task: parent,
    input: null,
    data: { failureCallbackUrl: "https://example.com/failed" },
    children: [-1, 2].map((value) => ({
      task: child,
      input: { value },
      options: { failParentOnFailure: true },
    })),
  });
  const { error } = await shop.told("failed", id);
  expect(error.name).toBe("CHILD_FAILED");
  expect(error.message).toMatch(/^child child:\S+ failed$/);
  expect(published).toEqual([
    {
      url: "https://example.com/failed",
      body: expect.objectContaining({ type: "task.failed", task: "parent", id, error, output: null }),
      idempotencyKey: expect.any(String),
    },
  ]);
});

test("a child that may fail leaves its parent with the others", async () => {
  const shop = new TaskShop();
  shop.worker([child, parent]);
  const id = await shop.enqueueFlow({
    task: parent,
    input: null,
    children: [-1, 2].map((value) => ({
      task: child,
      input: { value },
      options: { ignoreDependencyOnFailure: true },
    })),
  });
  await shop.told("completed", id);
  expect((await shop.job(parent, id)).returnvalue).toEqual([["child", 4]]);
});
