import { type HttpTaskRequest, httpTaskGroup, httpTaskTopic, limits } from "@tidegate/contracts";
import { stockUnits, Tickets } from "@tidegate/core";
import { manualClock } from "@tidegate/testkit";
import { describe, expect, test } from "vitest";
import { TaskDesk } from "./fixtures/task-desk.ts";
import { HttpTasks } from "./http-tasks.ts";

const url = "https://shop.example:8443/hook";

test("a task is a message of its topic under its host, and its id tells what becomes of it", async () => {
  const desk = new TaskDesk();
  const { id } = await desk.tasks.enqueue({ url, body: { a: 1 }, retries: 2 });
  expect(await desk.stored()).toMatchObject([{ url, body: { a: 1 }, retries: 2, key: "shop.example:8443" }]);
  const blank = { id, runAt: null, response: null, error: null };
  expect(await desk.tasks.get(id)).toEqual({ ...blank, state: "waiting" });
  const response = { status: 200, body: "thanks", bodyTruncated: false };
  expect(await desk.settle(() => ({ ack: "all" }), response)).toHaveLength(1);
  expect(await desk.tasks.get(id)).toEqual({ ...blank, state: "done", response });
});

test("what is given up tells why", async () => {
  const desk = new TaskDesk();
  const { id } = await desk.tasks.enqueue({ url, flowKey: "ada" });
  await desk.settle(({ offset, key }) => {
    expect(Buffer.from(key!).toString()).toBe("ada");
    return { deadLetter: [{ offset, reason: "status 404" }] };
  });
  expect(await desk.tasks.get(id)).toMatchObject({ state: "failed", error: "status 404" });
});

test("a task waits for its time, and one whose time has passed does not", async () => {
  const clock = manualClock();
  const desk = new TaskDesk(clock.now);
  const later = await desk.tasks.enqueue({ url, delayMs: 60_000 });
  const then = await desk.tasks.enqueue({ url, runAt: new Date(clock.now() + 90_000).toISOString() });
  await desk.tasks.enqueue({ url, runAt: clock.now() - 1 });
  await desk.tasks.enqueue({ url, runAt: 0 });
  expect(await desk.tasks.get(later.id)).toMatchObject({ state: "waiting", runAt: clock.now() + 60_000 });
  expect(await desk.tasks.get(then.id)).toMatchObject({ state: "waiting", runAt: clock.now() + 90_000 });
  expect(await desk.settle(() => ({ ack: "all" }))).toHaveLength(2);
  clock.advance(60_000);
  await desk.engine.housekeep();
  expect(await desk.settle(() => ({ ack: "all" }))).toHaveLength(1);
  expect((await desk.tasks.get(later.id)).state).toBe("done");
  clock.advance(30_000);
  await desk.engine.housekeep();
  expect(await desk.settle(() => ({ ack: "all" }))).toHaveLength(1);
  expect((await desk.tasks.get(then.id)).state).toBe("done");
});

test("of a task that was due hours ago nothing is told that is not known", async () => {
  const clock = manualClock();
  const desk = new TaskDesk(clock.now);
  const { id } = await desk.tasks.enqueue({ url, delayMs: 1_000 });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await desk.engine.housekeep();
  };
  await pass(1_000);
  const { leases } = await desk.engine.groups.receive(httpTaskTopic, httpTaskGroup, {
    leaseMs: limits.leaseMs,
  });
  expect((await desk.tasks.get(id)).state).toBe("processing");
  // Others that come due in the hours after take its place in what is remembered.
  for (let hour = 0; hour < 3; hour += 1) {
    await desk.tasks.enqueue({ url, delayMs: 1_000 });
    await pass(3_600_000);
  }
  expect((await desk.tasks.get(id)).state).toBe("processing");
  await desk.engine.groups.settle(httpTaskTopic, httpTaskGroup, leases[0]!.id, {
    deadLetter: [{ offset: leases[0]!.messages[0]!.offset, reason: "status 404" }],
  });
  await desk.settle(() => ({ ack: "all" }));
  await expect(desk.tasks.get(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("the same idempotency key is the same task; another under it is a conflict", async () => {
  const desk = new TaskDesk();
  const request = { url, body: "x", idempotencyKey: "order-1" };
  const first = await desk.tasks.enqueue(request);
  expect(await desk.tasks.enqueue(request)).toEqual({ id: first.id, duplicate: true });
  await expect(desk.tasks.enqueue({ ...request, body: "y" })).rejects.toMatchObject({
    code: "IDEMPOTENCY_CONFLICT",
  });
  const delayed = { url, delayMs: 60_000, idempotencyKey: "k".repeat(limits.idempotencyKeyBytes) };
  const later = await desk.tasks.enqueue(delayed);
  expect(await desk.tasks.enqueue(delayed)).toEqual({ id: later.id, duplicate: true });
  expect(await desk.stored()).toHaveLength(1);
});

test("nobody takes the place of a callback or of a planned call, nor signs as a callback", async () => {
  const desk = new TaskDesk();
  for (const idempotencyKey of ["task:mail:1:done", "nightly:1000", "callback:0-0", "c:task:mail:1:done"])
    await desk.tasks.enqueue({ url, idempotencyKey });
  const callback = { url, body: { type: "task.completed" }, idempotencyKey: "task:mail:1:done" };
  expect(await desk.tasks.callbacks.enqueue(callback)).not.toHaveProperty("duplicate");
  expect(await desk.tasks.callbacks.enqueue(callback)).toHaveProperty("duplicate");
  const planned = await desk.tasks.enqueuePlanned("nightly", 1000, { url });
  expect(planned).not.toHaveProperty("duplicate");
  expect(await desk.tasks.enqueuePlanned("nightly", 1000, { url })).toEqual({ ...planned, duplicate: true });
  const stored = await desk.stored();
  expect(stored).toHaveLength(6);
  expect(stored.filter((task) => task.callback === true)).toMatchObject([{ body: callback.body }]);
  await expect(desk.tasks.enqueue({ url, callback: true } as HttpTaskRequest)).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "callback" },
  });
});

describe("what is refused", () => {
  const refused: [string, unknown, string, (string | number)?][] = [
    ["no URL", {}, "url"],
    ["another scheme", { url: "ftp://shop.example" }, "url"],
    ["credentials", { url: "https://me:secret@shop.example" }, "url"],
    ["a long URL", { url: `https://shop.example/${"x".repeat(2048)}` }, "url", 2048],
    ["a method", { url, method: "TRACE" }, "method"],
    ["two bodies", { url, body: 1, bodyBase64: "AA==" }, "bodyBase64"],
    ["no base64", { url, bodyBase64: "?" }, "bodyBase64"],
    ["a body of a GET", { url, method: "GET", body: 1 }, "method"],
    ["a header of ours", { url, headers: { "Webhook-Id": "x" } }, "headers"],
    ["a header of ours as well", { url, headers: { "Tidegate-Timeout-Ms": "1" } }, "headers"],
    ["a header of the connection", { url, headers: { "Transfer-Encoding": "chunked" } }, "headers"],
    ["a header with a line break", { url, headers: { a: "b\r\nc: d" } }, "headers"],
    ["many headers", { url, headers: manyHeaders() }, "headers", 20],
    ["retries", { url, retries: 101 }, "retries", 100],
    ["a time-out", { url, timeoutMs: 900_001 }, "timeoutMs", 900_000],
    ["delay and time", { url, delayMs: 1, runAt: 1 }, "runAt"],
    ["a long delay", { url, delayMs: limits.delayMs + 1 }, "delayMs", limits.delayMs],
    ["a time far ahead", { url, runAt: "2999-01-01T00:00:00Z" }, "runAt", limits.delayMs],
    ["no time", { url, runAt: "tomorrow" }, "runAt"],
    ["an empty flow key", { url, flowKey: "" }, "flowKey", 1],
    ["a field", { url, cron: "* * * * *" }, "cron"],
  ];
  test.each(refused)("%s", async (_name, request, field, limit) => {
    const desk = new TaskDesk();
    const failure = await desk.tasks.enqueue(request as HttpTaskRequest).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: "INVALID",
      details: limit === undefined ? { field } : { field, limit },
    });
    await expect(desk.engine.topics.get(httpTaskTopic)).rejects.toMatchObject({ code: "TOPIC_NOT_FOUND" });
  });

  test("a huge body", async () => {
    const desk = new TaskDesk();
    const body = "x".repeat(limits.valueBytes);
    await expect(desk.tasks.enqueue({ url, body })).rejects.toMatchObject({
      code: "MESSAGE_TOO_LARGE",
      details: { field: "body", limit: limits.valueBytes },
    });
    expect(await desk.stored()).toEqual([]);
  });

  test("an id of no task: nonsense, another topic's ticket, another deployment's", async () => {
    const desk = new TaskDesk();
    const { id } = await desk.tasks.enqueue({ url });
    const { topic } = await desk.engine.topics.put("orders", { partitions: 1 });
    const tickets = await Tickets.under(await desk.engine.secret());
    const foreign = tickets.forOffset(topic, 0, 0, stockUnits);
    for (const unknown of ["", "x", foreign, `${id.slice(0, -1)}${id.endsWith("A") ? "B" : "A"}`])
      await expect(desk.tasks.get(unknown)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const other = new TaskDesk();
    await expect(other.tasks.get(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

function manyHeaders(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`x-${index}`, "y"]));
}

test("the topic is made on first use by many at once, keeps its settings, and comes back", async () => {
  const desk = new TaskDesk();
  const many = Array.from({ length: 10 }, () => new HttpTasks({ engine: desk.engine }).enqueue({ url }));
  expect(new Set((await Promise.all(many)).map(({ id }) => id)).size).toBe(10);
  const { groups, topics } = desk.engine;
  await groups.put(httpTaskTopic, httpTaskGroup, {
    perKey: { concurrency: 2 },
    rate: { limit: 5, intervalMs: 1000 },
  });
  await topics.put(httpTaskTopic, { partitions: 8 });
  await desk.tasks.prepare();
  expect(await groups.get(httpTaskTopic, httpTaskGroup)).toMatchObject({
    perKey: { concurrency: 2 },
    rate: { limit: 5 },
  });
  // Without it nothing would be delivered.
  await groups.put(httpTaskTopic, httpTaskGroup, { push: null });
  await desk.tasks.prepare();
  expect((await groups.get(httpTaskTopic, httpTaskGroup)).push).not.toBeNull();
  await topics.delete(httpTaskTopic);
  await desk.tasks.enqueue({ url });
  expect(await desk.stored()).toHaveLength(1);
  expect((await topics.get(httpTaskTopic)).ticketGroup).toBe(httpTaskGroup);
});

test("without a connection of its own there are no schedules", async () => {
  const desk = new TaskDesk();
  const { schedules } = new HttpTasks({ engine: desk.engine });
  await expect(schedules.list()).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
});
