import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { Tasks } from "../producer/tasks.ts";
import { gate, Tally, TaskShop } from "./fixtures/task-shop.ts";

const everyMs = 200;

function producer(shop: TaskShop): Tasks {
  const tasks = new Tasks({ redis: shop.redis, namespace: shop.namespace });
  onTestFinished(() => tasks.close());
  return tasks;
}

test("two deployments that start at once double nothing that is planned", async () => {
  const shop = new TaskShop();
  const seen = new Tally<{ id: string; attempt: number }>();
  const task = defineTask({
    name: "tick",
    input: z.string(),
    run: (_, { id, attempt }) => void seen.add({ id, attempt }),
  });
  await Promise.all(
    [producer(shop), producer(shop)].map(async (tasks) => {
      const worker = shop.worker([task]);
      await worker.ready;
      await tasks.schedules.put("tick", "clock", { everyMs, input: "tock" });
    }),
  );
  await seen.reaches(8);
  const ids = seen.seen.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  // One for each time: those of a schedule that was set twice would lie between.
  const times = ids.map((id) => Number(id.split(":").at(-1))).sort((a, b) => a - b);
  for (const [index, time] of times.slice(1).entries())
    expect((time - times[index]!) % everyMs, String(times)).toBe(0);
  expect(seen.seen.every(({ attempt }) => attempt === 1)).toBe(true);
});

test("a run of a schedule that is cancelled while it is planned does not run, and the schedule goes on", async () => {
  const shop = new TaskShop();
  const seen = new Tally<string>();
  const task = defineTask({ name: "tick", input: z.string(), run: (_, { id }) => void seen.add(id) });
  const worker = shop.worker([task]);
  await worker.ready;
  const tasks = producer(shop);
  const settings = { everyMs, startAt: Date.now() + 1_000, input: "tock" };
  const { schedule } = await tasks.schedules.put("tick", "clock", settings);
  const planned = `repeat:clock:${schedule.nextRunAt}`;
  await tasks.cancel("tick", planned);
  expect(seen.seen).toEqual([]);
  await seen.reaches(2);
  await shop.told("cancelled", planned);
  expect(seen.seen).not.toContain(planned);
  expect(await tasks.get("tick", planned)).toMatchObject({ state: "cancelled", schedule: "clock" });
});

test("the next time is planned when a run begins, however long it takes", async () => {
  const shop = new TaskShop();
  const seen = new Tally<string>();
  const finish = gate();
  const task = defineTask({
    name: "tick",
    input: z.string(),
    concurrency: 2,
    run: (_, { id }) => {
      seen.add(id);
      return seen.seen.length === 1 ? finish.opened : undefined;
    },
  });
  const worker = shop.worker([task]);
  await worker.ready;
  await producer(shop).schedules.put("tick", "clock", { everyMs, input: "tock" });
  await seen.reaches(3);
  expect(shop.events.filter(({ type }) => type === "completed").length).toBeLessThan(3);
  finish.open();
  await shop.told("completed", seen.seen[0]);
});
