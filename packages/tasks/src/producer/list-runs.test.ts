import { eventually } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { sendMail, setUp } from "../fixtures/bench-of-tasks.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const mail = (id: string, more: object = {}) => ({ input: { to: `${id}@example.org` }, id, ...more });

test("runs are listed by their state, those whose turn it is before others", async () => {
  const { tasks } = setUp(redis);
  await tasks.enqueueMany(sendMail, [mail("a"), mail("b"), mail("c")]);
  await tasks.enqueueMany(sendMail, [mail("low", { priority: 5 }), mail("high", { priority: 1 })]);
  await tasks.enqueueMany(sendMail, [mail("late", { delayMs: 90_000 }), mail("soon", { delayMs: 60_000 })]);
  const ids = async (
    state: "waiting" | "delayed" | "running" | "completed" | "failed" | "waiting-children",
  ) => (await tasks.runs(sendMail, { state })).tasks.map(({ id }) => id);
  expect(await ids("waiting")).toEqual(["a", "b", "c", "high", "low"]);
  expect(await ids("delayed")).toEqual(["soon", "late"]);
  for (const state of ["running", "completed", "failed", "waiting-children"] as const)
    expect(await ids(state)).toEqual([]);
  const { tasks: found } = await tasks.runs(sendMail, { state: "delayed" });
  expect(found[0]).toMatchObject({ state: "delayed", runAt: expect.any(Number), attempts: 0 });
  // A task that is paused has its runs all the same.
  await tasks.pause(sendMail);
  expect(await ids("waiting")).toEqual(["a", "b", "c", "high", "low"]);
});

test("pages go on where the one before ended, over both of the lists in which runs wait", async () => {
  const { tasks } = setUp(redis);
  await tasks.enqueueMany(sendMail, [mail("a"), mail("b"), mail("c")]);
  await tasks.enqueueMany(sendMail, [mail("d", { priority: 1 }), mail("e", { priority: 2 })]);
  for (const limit of [1, 2, 3, 4, 5, 6]) {
    const seen: string[] = [];
    for (let from: number | null = 0; from !== null; ) {
      const page = await tasks.runs(sendMail, { state: "waiting", from, limit });
      expect(page.tasks.length).toBeLessThanOrEqual(limit);
      seen.push(...page.tasks.map(({ id }) => id));
      from = page.next;
    }
    expect(seen).toEqual(["a", "b", "c", "d", "e"]);
  }
});

test("what has ended is listed from the last that did", async () => {
  const { tasks, work } = setUp(redis);
  work("send-mail", async (job) => {
    const { to } = job.data.input as { to: string };
    return { messageId: to };
  }).on("error", () => {});
  for (const id of ["one", "two", "three"]) {
    await tasks.enqueueMany(sendMail, [mail(id)]);
    await tasks.wait(sendMail, id, { timeoutMs: 30_000 });
    // Those that end in one millisecond are in no order.
    const endedAt = Date.now();
    await eventually("the next millisecond", () => Date.now() > endedAt + 1);
  }
  const { tasks: found } = await tasks.runs(sendMail, { state: "completed", limit: 2 });
  expect(found.map(({ id, state }) => [id, state])).toEqual([
    ["three", "completed"],
    ["two", "completed"],
  ]);
});

test("what is asked for is held to its limits", async () => {
  const { tasks } = setUp(redis);
  for (const [query, field] of [
    [{ limit: 0 }, "limit"],
    [{ limit: 1_001 }, "limit"],
    [{ from: -1 }, "from"],
  ] as const) {
    const error = await tasks.runs(sendMail, { state: "waiting", ...query }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "INVALID", details: { field } });
  }
  await expect(tasks.runs("unknown", { state: "waiting" })).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
});
