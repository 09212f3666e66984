import { type HttpScheduleSettings, limits } from "@tidegate/contracts";
import { eventually } from "@tidegate/testkit";
import { Queue, Worker } from "bullmq";
import { describe, expect, onTestFinished, test } from "vitest";
import { TaskDesk } from "./fixtures/task-desk.ts";
import { httpScheduleQueue } from "./http-schedules.ts";

const url = "https://shop.example/nightly";
const nightly: HttpScheduleSettings = {
  when: { cron: "30 2 * * *", timeZone: "Europe/Berlin" },
  call: { url, body: { report: true } },
};

test("a schedule is set, told, paused, resumed and deleted", async () => {
  const { tasks } = new TaskDesk();
  const { schedules } = tasks;
  const { schedule, created } = await schedules.put("nightly", nightly);
  expect(created).toBe(true);
  expect(schedule).toMatchObject({
    id: "nightly",
    cron: "30 2 * * *",
    timeZone: "Europe/Berlin",
    everyMs: null,
    paused: false,
    call: nightly.call,
  });
  expect(schedule.nextRunAt).toBeGreaterThan(Date.now());
  expect(schedule).not.toHaveProperty("input");
  expect(await schedules.put("nightly", nightly)).toEqual({ schedule, created: false });
  await schedules.pause("nightly");
  await schedules.pause("nightly");
  expect(await schedules.get("nightly")).toMatchObject({ paused: true, nextRunAt: null });
  const other = { ...nightly, call: { url, method: "GET" as const } };
  expect((await schedules.put("nightly", other)).schedule).toMatchObject({ paused: true, call: other.call });
  await schedules.resume("nightly");
  expect(await schedules.get("nightly")).toMatchObject({ paused: false, nextRunAt: schedule.nextRunAt });
  await schedules.put("hourly", { when: { everyMs: 3_600_000 }, call: { url } });
  expect((await schedules.list()).map(({ id }) => id)).toEqual(["hourly", "nightly"]);
  await schedules.delete("nightly");
  for (const verb of ["get", "pause", "resume", "delete"] as const)
    await expect(schedules[verb]("nightly")).rejects.toMatchObject({ code: "SCHEDULE_NOT_FOUND" });
});

test("two schedulers carry each time out once", async () => {
  const desk = new TaskDesk();
  desk.schedule();
  desk.schedule();
  const when = { everyMs: 100, limit: 8 };
  await Promise.all([
    desk.tasks.schedules.put("often", { when, call: { url } }),
    desk.tasks.schedules.put("often", { when, call: { url } }),
  ]);
  const planned = await desk.planned(8);
  await eventually("nothing is planned any more", async () => {
    return (await desk.tasks.schedules.get("often")).nextRunAt === null;
  });
  expect(await desk.stored()).toHaveLength(8);
  const times = planned.map((event) => (event.type === "planned" ? event.plannedAt : 0));
  expect(new Set(times).size).toBe(8);
});

test("a time that nobody was there for comes late, once", async () => {
  const desk = new TaskDesk();
  const startAt = Date.now() + 300;
  await desk.tasks.schedules.put("often", { when: { everyMs: 100, startAt }, call: { url } });
  const first = (await desk.tasks.schedules.get("often")).nextRunAt!;
  await eventually("several times have passed", () => Date.now() > first + 1_000);
  desk.schedule();
  const [late, next] = await desk.planned(2);
  expect(late).toMatchObject({ type: "planned", plannedAt: first });
  expect(next!.type === "planned" && next!.plannedAt).toBeGreaterThan(first + 800);
});

test("a time that was enqueued by a process which then died is carried on by another, and enqueued once", async () => {
  const desk = new TaskDesk();
  await desk.tasks.schedules.put("once", { when: { everyMs: 60_000, limit: 1 }, call: { url } });
  const connection = desk.redis.duplicate({ maxRetriesPerRequest: null });
  onTestFinished(() => connection.disconnect());
  const dying = new Worker(httpScheduleQueue, null, {
    connection,
    prefix: desk.engine.taskBook.queuePrefix,
    lockDuration: 300,
  });
  const job = await dying.getNextJob("its own");
  const plannedAt = Number(job!.id!.split(":").at(-1));
  const { id } = await desk.tasks.enqueuePlanned("once", plannedAt, { url });
  await dying.close(true);
  desk.schedule({ lockMs: 300 });
  expect(await desk.planned(1)).toMatchObject([{ schedule: "once", plannedAt, id }]);
  expect(await desk.stored()).toHaveLength(1);
});

test("what is paused or deleted does not come", async () => {
  const desk = new TaskDesk();
  const scheduler = desk.schedule();
  await desk.tasks.schedules.put("often", { when: { everyMs: 100 }, call: { url } });
  await desk.planned(2);
  await desk.tasks.schedules.pause("often");
  await scheduler.stop();
  const count = (await desk.stored()).length;
  desk.schedule();
  await desk.tasks.schedules.put("marker", {
    when: { everyMs: 100, limit: 5 },
    call: { url, flowKey: "marker" },
  });
  const markers = async () => (await desk.stored()).filter(({ key }) => key === "marker").length;
  await eventually("others come", async () => (await markers()) === 5);
  expect((await desk.stored()).length - (await markers())).toBe(count);
  await desk.tasks.schedules.resume("often");
  await eventually("it comes again", async () => (await desk.stored()).length - (await markers()) > count);
  await desk.tasks.schedules.delete("often");
  const queue = new Queue(httpScheduleQueue, {
    connection: desk.redis,
    prefix: desk.engine.taskBook.queuePrefix,
  });
  expect(await queue.getJobSchedulers()).toMatchObject([{ key: "marker" }]);
  await queue.close();
});

test("a scheduler puts right what a process left half set", async () => {
  const desk = new TaskDesk();
  await desk.tasks.schedules.put("often", { when: { everyMs: 100 }, call: { url } });
  const queue = new Queue(httpScheduleQueue, {
    connection: desk.redis,
    prefix: desk.engine.taskBook.queuePrefix,
  });
  await queue.removeJobScheduler("often");
  await queue.upsertJobScheduler("stray", { every: 100 }, { data: { call: { url } } });
  desk.schedule();
  const [event] = await desk
    .planned(3)
    .then((events) => events.filter((one) => one.type === "planned" && one.schedule === "often"));
  expect(event).toBeDefined();
  await eventually("the stray one is gone", async () => (await queue.getJobSchedulers()).length === 1);
  await queue.close();
});

test("a job of the queue that is no call comes to nothing, and is told", async () => {
  const desk = new TaskDesk();
  desk.schedule();
  const queue = new Queue(httpScheduleQueue, {
    connection: desk.redis,
    prefix: desk.engine.taskBook.queuePrefix,
  });
  await queue.upsertJobScheduler("odd", { every: 60_000, limit: 1 }, { data: { call: { url: "ftp://x" } } });
  await eventually("it is told", () => desk.events.some(({ type }) => type === "lost"));
  await queue.close();
});

describe("what is refused", () => {
  const call = { url };
  const refused: [string, string, unknown, string, string?][] = [
    ["neither cron nor period", "a", { when: {}, call }, "when.cron"],
    ["both", "a", { when: { cron: "* * * * *", everyMs: 1000 }, call }, "when.everyMs"],
    ["no cron", "a", { when: { cron: "every day" }, call }, "when.cron"],
    ["a day that never is", "a", { when: { cron: "0 0 31 2 *" }, call }, "when.cron"],
    ["no time zone", "a", { when: { cron: "* * * * *", timeZone: "Mars/Base" }, call }, "when.timeZone"],
    ["a short period", "a", { when: { everyMs: 1 }, call }, "when.everyMs"],
    ["an id", "a b", { when: { everyMs: 1000 }, call }, "schedule"],
    ["no URL", "a", { when: { everyMs: 1000 }, call: {} }, "call.url"],
    ["a delay of a call", "a", { when: { everyMs: 1000 }, call: { url, delayMs: 1 } }, "call.delayMs"],
    [
      "a huge call",
      "a",
      { when: { everyMs: 1000 }, call: { url, body: "x".repeat(limits.taskInputBytes) } },
      "call.body",
      "MESSAGE_TOO_LARGE",
    ],
  ];
  test.each(refused)("%s", async (_name, id, settings, field, code = "INVALID") => {
    const { tasks } = new TaskDesk();
    await expect(tasks.schedules.put(id, settings as HttpScheduleSettings)).rejects.toMatchObject({
      code,
      details: { field },
    });
    expect(await tasks.schedules.list()).toEqual([]);
  });
});
