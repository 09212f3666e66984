import { Engine } from "@tidegate/core";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { sendMail, setUp } from "../fixtures/bench-of-tasks.ts";
import { reconcileSchedules } from "./reconcile.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const input = { to: "a@example.org" };
const nightly = { cron: "0 3 * * *", timeZone: "Europe/Berlin", input };

function queueOf(namespace: string) {
  const queue = new Queue("send-mail", { connection: redis, prefix: `{${namespace}/tasks}` });
  onTestFinished(() => queue.close());
  return queue;
}

test("a schedule is set, and plans one run", async () => {
  const { tasks } = setUp(redis);
  const { schedule, created } = await tasks.schedules.put("send-mail", "nightly", {
    ...nightly,
    priority: 3,
  });
  expect(created).toBe(true);
  expect(schedule).toEqual({
    id: "nightly",
    cron: "0 3 * * *",
    timeZone: "Europe/Berlin",
    everyMs: null,
    startAt: null,
    endAt: null,
    limit: null,
    paused: false,
    nextRunAt: expect.any(Number),
    input,
    priority: 3,
  });
  const { nextRunAt } = schedule;
  expect(nextRunAt).toBeGreaterThan(Date.now());
  const id = `repeat:nightly:${nextRunAt}`;
  expect(await tasks.get(sendMail, id)).toMatchObject({
    state: "delayed",
    runAt: nextRunAt,
    schedule: "nightly",
    priority: 3,
    maxAttempts: 2,
  });
  expect(await tasks.schedules.get("send-mail", "nightly")).toEqual(schedule);
  expect(await tasks.schedules.list("send-mail")).toEqual([schedule]);
});

test("set again, and by many at once, it is never doubled", async () => {
  const { tasks, another } = setUp(redis);
  const others = Array.from({ length: 4 }, () => another({ tasks: [sendMail] }));
  const answers = await Promise.all(
    [tasks, ...others].flatMap((one) => [
      one.schedules.put("send-mail", "nightly", nightly),
      one.schedules.put("send-mail", "nightly", nightly),
    ]),
  );
  expect(answers.filter(({ created }) => created)).toHaveLength(1);
  expect((await tasks.describe(sendMail)).counts.delayed).toBe(1);
});

test("of several that set it differently at once the last one in the book is planned", async () => {
  const { tasks, another, namespace } = setUp(redis);
  const queue = queueOf(namespace);
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        (n % 2 ? tasks : another({ tasks: [sendMail] })).schedules.put("send-mail", "s", {
          cron: `${n} ${round} * * *`,
          input: { to: `${n}@example.org` },
        }),
      ),
    );
    const { cron, input: set } = await tasks.schedules.get("send-mail", "s");
    const planned = await queue.getJobScheduler("s");
    expect([planned?.pattern, planned?.template?.data]).toEqual([cron, { input: set }]);
    expect((await tasks.describe(sendMail)).counts.delayed).toBe(1);
  }
});

test("it comes again and again, so often as it may", async () => {
  const { tasks, work } = setUp(redis);
  const ids: string[] = [];
  work("send-mail", async ({ id }) => void ids.push(id!));
  const settings = { everyMs: 100, limit: 3, input };
  await tasks.schedules.put("send-mail", "often", settings);
  await expect.poll(() => ids.length, { timeout: 30_000 }).toBe(3);
  await expect
    .poll(() => tasks.schedules.get("send-mail", "often"))
    .toMatchObject({ nextRunAt: null, limit: 3 });
  // A deployment says the same again: what is over stays over.
  await tasks.schedules.put("send-mail", "often", settings);
  expect(await tasks.schedules.get("send-mail", "often")).toMatchObject({ nextRunAt: null });
  expect(new Set(ids).size).toBe(3);
  expect(ids.every((id) => /^repeat:often:\d+$/.test(id))).toBe(true);
  await tasks.schedules.put("send-mail", "often", { ...settings, limit: 2 });
  await expect.poll(() => ids.length, { timeout: 30_000 }).toBe(5);
});

test("a pause keeps it, and how often it has come", async () => {
  const { tasks, work, namespace } = setUp(redis);
  let runs = 0;
  work("send-mail", async () => void runs++);
  await tasks.schedules.put("send-mail", "s", { everyMs: 200, limit: 4, input });
  await expect.poll(() => runs, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
  await tasks.schedules.pause("send-mail", "s");
  await tasks.schedules.pause("send-mail", "s");
  const before = runs;
  expect(await tasks.schedules.get("send-mail", "s")).toMatchObject({ paused: true, nextRunAt: null });
  expect((await tasks.describe(sendMail)).counts.delayed).toBe(0);
  // Set again while it is paused, it stays paused.
  await tasks.schedules.put("send-mail", "s", { everyMs: 200, limit: 4, input });
  expect(await queueOf(namespace).getJobScheduler("s")).toBeUndefined();
  await tasks.schedules.resume("send-mail", "s");
  await tasks.schedules.resume("send-mail", "s");
  expect(await tasks.schedules.get("send-mail", "s")).toMatchObject({ paused: false });
  await expect
    .poll(async () => (await tasks.schedules.get("send-mail", "s")).nextRunAt, { timeout: 30_000 })
    .toBeNull();
  await expect.poll(() => runs, { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
  expect(before).toBeLessThan(4);
  expect(runs).toBeLessThanOrEqual(5);
});

test("it ends at its end, and is gone when it is deleted", async () => {
  const { tasks } = setUp(redis);
  const over = await tasks.schedules.put("send-mail", "over", { ...nightly, endAt: Date.now() - 1 });
  expect(over.schedule.nextRunAt).toBeNull();
  const later = await tasks.schedules.put("send-mail", "later", {
    everyMs: 1_000,
    startAt: Date.now() + 3_600_000,
    input,
  });
  expect(later.schedule.nextRunAt).toBe(later.schedule.startAt);
  const last = { everyMs: 1_000, startAt: 99_999_999_999_998, endAt: 99_999_999_999_999, input };
  expect((await tasks.schedules.put("send-mail", "last", last)).schedule).toMatchObject({
    startAt: last.startAt,
    endAt: last.endAt,
    nextRunAt: last.startAt,
  });
  await tasks.schedules.delete("send-mail", "last");
  await tasks.schedules.delete("send-mail", "later");
  expect((await tasks.describe(sendMail)).counts.delayed).toBe(0);
  for (const verb of ["get", "pause", "resume", "delete"] as const)
    await expect(tasks.schedules[verb]("send-mail", "later")).rejects.toMatchObject({
      code: "SCHEDULE_NOT_FOUND",
    });
  await expect(tasks.schedules.get("nobody", "later")).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
});

test("what a process left half set is put right", async () => {
  const { tasks, namespace } = setUp(redis);
  const { taskBook } = new Engine({ redis, namespace, subscribe: false });
  const queue = queueOf(namespace);
  await tasks.schedules.put("send-mail", "a", nightly);
  await tasks.schedules.put("send-mail", "b", nightly);
  await tasks.schedules.put("send-mail", "c", nightly);
  await tasks.schedules.put("send-mail", "d", nightly);
  const text = (await taskBook.schedules.read("send-mail", "a"))!;
  // Each died behind its note in the book: a new one, a change, a deletion, a pause.
  await taskBook.schedules.change("send-mail", "new", null, text);
  await taskBook.schedules.change("send-mail", "a", text, text.replace("0 3", "0 4"));
  await taskBook.schedules.change("send-mail", "b", text, null);
  await taskBook.schedules.change("send-mail", "c", text, text.replace('"paused":false', '"paused":true'));
  await Promise.all([1, 2, 3].map(() => reconcileSchedules(redis, taskBook, [sendMail])));
  const planned = await queue.getJobSchedulers(0, -1, true);
  expect(Object.fromEntries(planned.map(({ key, pattern }) => [key, pattern]))).toEqual({
    new: "0 3 * * *",
    a: "0 4 * * *",
    d: "0 3 * * *",
  });
  expect((await tasks.describe(sendMail)).counts.delayed).toBe(3);
});

test("wrong settings are refused, and change nothing", async () => {
  const { tasks } = setUp(redis);
  const refused = (settings: object, field: string, id = "s") =>
    expect(tasks.schedules.put("send-mail", id, settings as never)).rejects.toMatchObject({
      code: "INVALID",
      details: { field },
    });
  await refused({ cron: "61 * * * *", input }, "cron");
  await refused({ cron: "* * * * *", timeZone: "Mars/Olympus", input }, "timeZone");
  await refused({ everyMs: 1_000, timeZone: "UTC", input }, "timeZone");
  await refused({ everyMs: 99, input }, "everyMs");
  await refused({ cron: "* * * * *", everyMs: 1_000, input }, "everyMs");
  await refused({ input }, "cron");
  await refused({ ...nightly, input: { to: 5 } }, "input.to");
  await refused({ ...nightly, limit: 0 }, "limit");
  await refused({ ...nightly, priority: -1 }, "priority");
  await refused({ ...nightly, startAt: "soon" }, "startAt");
  await refused({ ...nightly, startAt: 1e14 }, "startAt");
  await refused({ ...nightly, endAt: "+010000-01-01T00:00:00Z" }, "endAt");
  await refused(nightly, "schedule", "a:b");
  expect(await tasks.schedules.list("send-mail")).toEqual([]);
});

test("one planned run can be cancelled, and the next comes", async () => {
  const { tasks, work } = setUp(redis);
  const { schedule } = await tasks.schedules.put("send-mail", "s", {
    everyMs: 200,
    startAt: Date.now() + 500,
    input,
  });
  const id = `repeat:s:${schedule.nextRunAt}`;
  await tasks.cancel(sendMail, id);
  expect((await tasks.get(sendMail, id)).state).toBe("cancelled");
  const ids: string[] = [];
  work("send-mail", async (job) => void ids.push(job.id!));
  await expect.poll(() => ids.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
});

test("whatever is asked of it at once, what is planned is what the book says", async () => {
  const { tasks, another, namespace } = setUp(redis);
  const queue = queueOf(namespace);
  const ones = [tasks, another({ tasks: [sendMail] }), another({ tasks: [sendMail] })];
  let cron = 0;
  const verbs = [
    (one: typeof tasks) => one.schedules.put("send-mail", "s", { cron: `${cron++ % 60} * * * *`, input }),
    (one: typeof tasks) => one.schedules.pause("send-mail", "s"),
    (one: typeof tasks) => one.schedules.resume("send-mail", "s"),
    (one: typeof tasks) => one.schedules.delete("send-mail", "s"),
  ];
  for (let round = 0; round < 30; round += 1) {
    // Every verb meets every other one, in all orders.
    const calls = Array.from({ length: 6 }, (_, n) =>
      verbs[(round * 7 + n * (1 + (round % 5))) % verbs.length]!(ones[n % ones.length]!),
    );
    for (const outcome of await Promise.allSettled(calls))
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "SCHEDULE_NOT_FOUND" });
    const [set] = await tasks.schedules.list("send-mail");
    const planned = await queue.getJobScheduler("s");
    expect(planned?.pattern).toBe(set === undefined || set.paused ? undefined : set.cron);
    expect((await tasks.describe(sendMail)).counts.delayed).toBe(planned === undefined ? 0 : 1);
  }
});

test("set by a clock that is behind, it waits for a time whose run has been", async () => {
  const { tasks, namespace } = setUp(redis);
  const next = Math.ceil((Date.now() + 400) / 1_000) * 1_000;
  // As a worker whose clock is ahead has left it.
  for (const at of [next - 1_000, next])
    await queueOf(namespace).add("send-mail", {}, { jobId: `repeat:s:${at}` });
  const { schedule } = await tasks.schedules.put("send-mail", "s", { cron: "* * * * * *", input });
  expect(schedule.nextRunAt).toBeGreaterThan(next);
});
