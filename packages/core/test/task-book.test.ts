import { manualClock, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

function book() {
  const clock = manualClock();
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, now: clock.now });
  onTestFinished(() => engine.stop());
  const prefix = `{${namespace}/tasks}`;
  return {
    clock,
    prefix,
    book: engine.taskBook,
    /** A run as BullMQ keeps it. */
    put: (id: string, fields: Record<string, string> = {}) =>
      redis.hset(`${prefix}:t:${id}`, { timestamp: "1", opts: "{}", ...fields }),
  };
}

const day = 86_400_000;

test("definitions are kept by task", async () => {
  const { book: tasks } = book();
  expect(await tasks.readDefinition("a")).toBeNull();
  await tasks.writeDefinitions(new Map());
  await tasks.writeDefinitions(
    new Map([
      ["a", "1"],
      ["b", "2"],
    ]),
  );
  await tasks.writeDefinitions(new Map([["b", "3"]]));
  expect(await tasks.readDefinition("b")).toBe("3");
  expect(await tasks.readDefinitions()).toEqual(
    new Map([
      ["a", "1"],
      ["b", "3"],
    ]),
  );
  await tasks.removeDefinition("a");
  expect(await tasks.readDefinitions()).toEqual(new Map([["b", "3"]]));
});

test("a cancelled run is marked once, for a day, and workers hear of it", async () => {
  const { book: tasks, clock, put, prefix } = book();
  await put("1");
  const { cancelled, runs } = tasks;
  await cancelled.wait(null, { timeoutMs: 1 });
  const seen = cancelled.heard();
  const heard = cancelled.wait(seen, { timeoutMs: 60_000 });
  const first = clock.now();
  expect(await runs.cancel({ task: "t", id: "1" }, "CANCELLED")).toEqual({
    cancelledAt: first,
    pending: true,
    hasParent: false,
  });
  await heard;
  expect(cancelled.heard()).toBeGreaterThan(seen!);
  clock.advance(1_000);
  expect(await runs.cancel({ task: "t", id: "1" }, "CANCELLED")).toMatchObject({ cancelledAt: first });
  expect(
    await cancelled.markedAt([
      { task: "t", id: "1" },
      { task: "t", id: "2" },
    ]),
  ).toEqual([first, null]);
  expect(await runs.read({ task: "t", id: "1" })).toMatchObject({ state: "waiting", cancelledAt: first });
  expect(await redis.pttl(`${prefix}/cancelled`)).toBeGreaterThan(day - 60_000);
  clock.advance(day + 1);
  await put("2", { parentKey: "p" });
  expect(await runs.cancel({ task: "t", id: "2" }, "CANCELLED")).toMatchObject({ hasParent: true });
  expect(await redis.zcard(`${prefix}/cancelled`)).toBe(1);
  await cancelled.clear([{ task: "t", id: "2" }]);
  expect(await cancelled.markedAt([{ task: "t", id: "2" }])).toEqual([null]);
});

test("of marks the newest 100,000 are kept", async () => {
  const { book: tasks, clock, put, prefix } = book();
  const now = clock.now();
  for (let at = 0; at < 100_000; at += 10_000) {
    const marks = Array.from({ length: 10_000 }, (_, n) => [now - 100_000 + at + n, `t/m${at + n}`]).flat();
    await redis.zadd(`${prefix}/cancelled`, ...marks);
  }
  await put("1");
  await tasks.runs.cancel({ task: "t", id: "1" }, "CANCELLED");
  expect(await redis.zcard(`${prefix}/cancelled`)).toBe(100_000);
  const names = ["m0", "m1", "1"].map((id) => ({ task: "t", id }));
  expect(await tasks.cancelled.markedAt(names)).toEqual([null, now - 99_999, now]);
});

test("what has ended is not cancelled, and gets no mark", async () => {
  const { book: tasks, put, prefix, clock } = book();
  const cancel = (id: string) => tasks.runs.cancel({ task: "t", id }, "CANCELLED");
  await put("done");
  await redis.zadd(`${prefix}:t:completed`, 5, "done");
  await put("bad", { failedReason: "Error: no" });
  await put("cancelled", { failedReason: "CANCELLED: as was wished", finishedOn: "7" });
  await redis.zadd(`${prefix}:t:failed`, 6, "bad", 7, "cancelled");
  await expect(cancel("done")).rejects.toMatchObject({ code: "TASK_STATE" });
  await expect(cancel("bad")).rejects.toMatchObject({ code: "TASK_STATE" });
  await expect(cancel("nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await cancel("cancelled")).toEqual({ cancelledAt: 7, pending: false, hasParent: false });
  expect(await redis.exists(`${prefix}/cancelled`)).toBe(0);
  await put("gone");
  await cancel("gone");
  await redis.del(`${prefix}:t:gone`);
  expect(await cancel("gone")).toEqual({ cancelledAt: clock.now(), pending: false, hasParent: false });
});

test("a schedule is written only by who knows what it was", async () => {
  const { schedules } = book().book;
  expect(await schedules.change("t", "s", null, "1")).toBe(true);
  expect(await schedules.change("t", "s", null, "2")).toBe(false);
  expect(await schedules.change("t", "s", "1", "2")).toBe(true);
  await schedules.change("t", "r", null, "0");
  expect([...(await schedules.readAll("t"))]).toEqual([
    ["r", "0"],
    ["s", "2"],
  ]);
  expect(await schedules.change("t", "s", "2", null)).toBe(true);
  expect(await schedules.read("t", "s")).toBeNull();
});
