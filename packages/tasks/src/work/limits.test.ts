import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { gate, Tally, TaskShop, upTo } from "./fixtures/task-shop.ts";

const anything = z.unknown();

/** How many handlers run at once, and how many did at most. */
function meter() {
  const meter = {
    now: 0,
    most: 0,
    async hold<T>(until: Promise<T>): Promise<T> {
      meter.now += 1;
      meter.most = Math.max(meter.most, meter.now);
      try {
        return await until;
      } finally {
        meter.now -= 1;
      }
    },
  };
  return meter;
}

test("a process runs as many at once as the definition says", async () => {
  const shop = new TaskShop();
  const runs = meter();
  const begun = new Tally<number>();
  const finish = gate();
  const task = defineTask({
    name: "some",
    input: z.number(),
    concurrency: 3,
    run: (number) => {
      begun.add(number);
      return runs.hold(finish.opened);
    },
  });
  shop.worker([task]);
  await shop.enqueue(task, ...upTo(10).map((input) => ({ input })));
  await begun.reaches(3);
  // Whatever would be handed out beyond the limit would be so in the time of these.
  for (const _ of upTo(20)) await shop.redis.ping();
  expect(begun.seen).toHaveLength(3);
  finish.open();
  await shop.toldTimes(10, "completed");
  expect(runs.most).toBe(3);
});

test("all processes together run as many at once as the definition says, and a later one may say otherwise", async () => {
  const shop = new TaskShop();
  const runs = meter();
  const begun = new Tally<number>();
  const gates = upTo(12).map(gate);
  const settings = { name: "few", input: z.number(), concurrency: 5 } as const;
  const run = (number: number) => {
    begun.add(number);
    return runs.hold(gates[number]!.opened);
  };
  const task = defineTask({ ...settings, totalConcurrency: 2, run });
  const workers = [shop.worker([task]), shop.worker([task])];
  await Promise.all(workers.map(({ ready }) => ready));
  await shop.enqueue(task, ...upTo(12).map((input) => ({ input })));
  await begun.reaches(2);
  for (const number of upTo(6)) {
    gates[number]!.open();
    await begun.reaches(number + 3);
  }
  expect(runs.most).toBe(2);
  await shop.worker([defineTask({ ...settings, run })]).ready;
  for (const { open } of gates) open();
  await shop.toldTimes(12, "completed");
  expect(await shop.queue(task).getGlobalConcurrency()).toBeNull();
});

test("over two workers no more begin in an interval than the rate allows", async () => {
  const shop = new TaskShop();
  const begun = new Tally<number>();
  const intervalMs = 400;
  const task = defineTask({
    name: "slowly",
    input: anything,
    rate: { limit: 5, intervalMs },
    run: () => begun.add(Date.now()),
  });
  shop.worker([task]);
  shop.worker([task]);
  await shop.enqueue(task, ...upTo(15).map((input) => ({ input })));
  await shop.toldTimes(15, "completed");
  const times = begun.seen.sort((a, b) => a - b);
  // Windows begin with the first run in them: the sixth after any run is in a later one, and the eleventh in the third.
  expect(times[5]! - times[0]!).toBeGreaterThanOrEqual(intervalMs - 20);
  expect(times[10]! - times[0]!).toBeGreaterThanOrEqual(2 * intervalMs - 40);
});

test("what has a priority waits behind what has none, the lower number first", async () => {
  const shop = new TaskShop();
  const order: string[] = [];
  const task = defineTask({
    name: "sorted",
    input: z.string(),
    concurrency: 1,
    run: (name) => void order.push(name),
  });
  await shop.enqueue(
    task,
    { input: "third", priority: 7 },
    { input: "fourth", priority: 2_000_000 },
    { input: "second", priority: 1 },
    { input: "first" },
  );
  shop.worker([task]);
  await shop.toldTimes(4, "completed");
  expect(order).toEqual(["first", "second", "third", "fourth"]);
});

test("a delayed run begins when it is due, and not before", async () => {
  const shop = new TaskShop();
  const begun = new Tally<number>();
  const task = defineTask({ name: "later", input: anything, run: () => begun.add(Date.now()) });
  const worker = shop.worker([task]);
  await worker.ready;
  const due = Date.now() + 300;
  await shop.enqueue(task, { input: 1, delayMs: 300 });
  await begun.reaches(1);
  expect(begun.seen[0]).toBeGreaterThanOrEqual(due);
});

test("a worker wakes by its own timer for what is due, since Redis's time-outs are coarse", async () => {
  const shop = new TaskShop();
  const begun = new Tally<number>();
  const task = defineTask({ name: "later", input: anything, run: () => begun.add(1) });
  const worker = shop.worker([task]);
  await worker.ready;
  const wakes = new Tally<string>();
  const monitor = await shop.redis.monitor();
  onTestFinished(() => monitor.disconnect());
  const marker = `${shop.engine.taskBook.queuePrefix}:later:marker`;
  monitor.on("monitor", (_time: string, args: string[], source: string) => {
    if (source !== "lua" && args[0]!.toLowerCase() === "zadd" && args[1] === marker) wakes.add(args[3]!);
  });
  await shop.enqueue(task, { input: 1, delayMs: 200 });
  await begun.reaches(1);
  await wakes.reaches(1);
  expect(wakes.seen[0]).toBe("0");
});

test("many tasks of a process share a connection, but for what blocks", async () => {
  const shop = new TaskShop();
  const before = await connections(shop);
  const tasks = upTo(8).map((number) =>
    defineTask({ name: `task-${number}`, input: anything, run: () => number }),
  );
  const worker = shop.worker(tasks);
  await Promise.all(tasks.map((task) => shop.enqueue(task, { input: 1 })));
  await shop.toldTimes(8, "completed");
  // One that blocks for each task, one that is shared, one that subscribes for the engine.
  expect((await connections(shop)) - before).toBeLessThanOrEqual(8 + 2);
  await worker.stop();
});

test("what cannot be run is refused", () => {
  const shop = new TaskShop();
  const { redis } = shop;
  const task = defineTask({ name: "one", input: anything, run: () => {} });
  const refusals = [
    [() => shop.worker([]), "tasks"],
    [() => shop.worker([task, task]), "tasks[1].name"],
    [() => shop.worker([task, defineTask({ name: "two", input: anything })]), "tasks[1].run"],
    [() => shop.worker([task], { redis: {} as never }), "redis"],
    [() => shop.worker([task], { redis, lockMs: 10 }), "lockMs"],
    [() => shop.worker([task], { redis, stopTimeoutMs: -1 }), "stopTimeoutMs"],
  ] as const;
  for (const [make, field] of refusals)
    expect(make).toThrow(
      expect.objectContaining({ code: "INVALID", details: expect.objectContaining({ field }) }),
    );
});

async function connections({ redis, namespace }: TaskShop): Promise<number> {
  // Those of this test by the name that BullMQ gives, and those without one that have come since.
  const list = (await redis.client("LIST")) as string;
  return list.split("\n").filter((line) => line.includes(namespace) || / name= /.test(line)).length;
}
