import { expect, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { aborted, gate, Tally, TaskShop, upTo } from "./fixtures/task-shop.ts";

const input = z.unknown();
const forever = () => new Promise<never>(() => {});

test("a stop waits for what runs and takes no more", async () => {
  const shop = new TaskShop();
  const begun = new Tally<number>();
  const finish = gate();
  const task = defineTask({
    name: "slow",
    input: z.number(),
    concurrency: 2,
    run: (number) => {
      begun.add(number);
      return finish.opened;
    },
  });
  const worker = shop.worker([task]);
  await shop.enqueue(task, ...upTo(6).map((number) => ({ input: number })));
  await begun.reaches(2);
  const stopped = worker.stop();
  expect(worker.stop()).toBeInstanceOf(Promise);
  finish.open();
  await stopped;
  await worker.stop();
  await shop.toldTimes(2, "completed");
  expect(await shop.queue(task).getJobCounts("wait", "active", "completed")).toEqual({
    wait: 4,
    active: 0,
    completed: 2,
  });
  shop.worker([task]);
  await shop.toldTimes(6, "completed");
});

test("what has not ended in time is aborted and given back: another takes it at once, with its attempt", async () => {
  const shop = new TaskShop();
  const begun = new Tally<[string, number]>();
  let late = false;
  const settings = { name: "slow", input: z.string(), retry: { attempts: 1 } } as const;
  const first = defineTask({
    ...settings,
    run: async (how, { attempt, signal }) => {
      begun.add([how, attempt]);
      if (how === "deaf") return forever();
      await aborted(signal);
      if (how === "throws") throw new Error("aborted");
      return "in time";
    },
  });
  const worker = shop.worker([first]);
  const [deaf, throwing, returning] = await shop.enqueue(
    first,
    { input: "deaf" },
    { input: "throws" },
    { input: "returns" },
  );
  await begun.reaches(3);
  // The lock lasts 30 s: whoever goes on within this test has not waited for it.
  const second = defineTask({
    ...settings,
    run: (how, { attempt }) => {
      late = true;
      begun.add([how, attempt]);
    },
  });
  await worker.stop({ timeoutMs: 10 });
  expect(late).toBe(false);
  await shop.told("released", deaf);
  await shop.told("released", throwing);
  await shop.told("completed", returning);
  expect((await shop.job(first, returning!)).returnvalue).toBe("in time");
  shop.worker([second]);
  await shop.told("completed", deaf);
  await shop.told("completed", throwing);
  expect(begun.seen.slice(3).sort()).toEqual([
    ["deaf", 1],
    ["throws", 1],
  ]);
});

test("a prioritized run is given back to its place", async () => {
  const shop = new TaskShop();
  const begun = new Tally<string>();
  const task = defineTask({
    name: "slow",
    input: z.string(),
    concurrency: 1,
    run: (name) => {
      begun.add(name);
      return begun.seen.length === 1 ? forever() : undefined;
    },
  });
  await shop.enqueue(task, { input: "second", priority: 5 }, { input: "first", priority: 1 });
  const worker = shop.worker([task]);
  await begun.reaches(1);
  await worker.stop({ timeoutMs: 0 });
  shop.worker([task]);
  await shop.toldTimes(2, "completed");
  expect(begun.seen).toEqual(["first", "first", "second"]);
});

test("an idle worker stops at once, and so does one that has hardly begun", async () => {
  const shop = new TaskShop();
  const task = defineTask({ name: "idle", input, run: () => {} });
  const idle = shop.worker([task]);
  await idle.ready;
  await idle.stop();
  const fresh = shop.worker([task]);
  await fresh.stop();
  await fresh.ready;
  await shop.enqueue(task, { input: 1 });
  expect(await shop.queue(task).getWaitingCount()).toBe(1);
  expect(shop.events.filter(({ type }) => type === "error")).toEqual([]);
});

test("a worker leaves the client and the engine that it was given, and no connection", async () => {
  const shop = new TaskShop();
  const task = defineTask({ name: "short", input, run: () => {} });
  const own = shop.worker([task], { engine: undefined, namespace: shop.namespace });
  await shop.enqueue(task, { input: 1 });
  await shop.told("completed");
  await own.stop();
  expect(await shop.redis.ping()).toBe("PONG");
  const list = (await shop.redis.client("LIST")) as string;
  expect(list).not.toContain(Buffer.from(task.name).toString("base64"));
});
