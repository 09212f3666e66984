import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { sendMail, setUp } from "../fixtures/bench-of-tasks.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const input = { to: "a@example.org" };

describe("a run", () => {
  test("waits with its input and the attempts of its task", async () => {
    const { tasks } = setUp(redis);
    const { id, duplicate } = await tasks.enqueue(sendMail, input);
    expect(id).toMatch(/^r[A-Za-z0-9_-]{22}$/);
    expect(duplicate).toBeUndefined();
    expect(await tasks.get(sendMail, id)).toMatchObject({
      task: "send-mail",
      state: "waiting",
      attempts: 0,
      maxAttempts: 2,
      output: null,
      error: null,
      priority: null,
      schedule: null,
      runAt: null,
      startedAt: null,
      finishedAt: null,
    });
  });

  test("is due after a delay, at a time, and at once at a time that has passed", async () => {
    const { tasks } = setUp(redis);
    const later = await tasks.enqueue(sendMail, input, { delayMs: 60_000 });
    const status = await tasks.get(sendMail, later.id);
    expect(status).toMatchObject({ state: "delayed", runAt: status.enqueuedAt + 60_000 });
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const planned = await tasks.enqueue(sendMail, input, { runAt });
    expect((await tasks.get(sendMail, planned.id)).runAt).toBe(Date.parse(runAt));
    const past = await tasks.enqueue(sendMail, input, { runAt: 1 });
    expect((await tasks.get(sendMail, past.id)).state).toBe("waiting");
    const far = 99 * 365 * 86_400_000;
    const { id } = await tasks.enqueue(sendMail, input, { delayMs: far });
    const { runAt: farAt, enqueuedAt } = await tasks.get(sendMail, id);
    expect(farAt).toBe(enqueuedAt + far);
  });

  test("goes by its priority", async () => {
    const { tasks, work } = setUp(redis);
    const low = await tasks.enqueue(sendMail, input, { priority: 2_097_151 });
    const high = await tasks.enqueue(sendMail, input, { priority: 1 });
    const none = await tasks.enqueue(sendMail, input);
    expect(await tasks.get(sendMail, high.id)).toMatchObject({ state: "waiting", priority: 1 });
    const order: string[] = [];
    work("send-mail", async ({ id }) => void order.push(id!));
    await tasks.wait(sendMail, low.id, { timeoutMs: 30_000 });
    expect(order).toEqual([none.id, high.id, low.id]);
  });

  test("of an id that is taken is the run that has it", async () => {
    const { tasks, another } = setUp(redis);
    expect(await tasks.enqueue(sendMail, input, { id: "order-7" })).toEqual({ id: "order-7" });
    expect(await tasks.enqueue(sendMail, input, { id: "order-7" })).toEqual({
      id: "order-7",
      duplicate: true,
    });
    const other = another({ tasks: [sendMail] });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? tasks : other).enqueue(sendMail, input, { id: "order-8" }),
      ),
    );
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect((await tasks.describe(sendMail)).counts.waiting).toBe(2);
  });

  test("of a message is enqueued once, however often that is delivered", async () => {
    const { tasks } = setUp(redis);
    const message = { topicId: "AbC-_9", group: "mail", partition: 3, offset: 12 };
    const first = await tasks.enqueueFrom(message, sendMail, input);
    expect(first).toEqual({ id: "m.AbC-_9~mail~3~12" });
    expect(await tasks.enqueueFrom(message, sendMail, input)).toEqual({ ...first, duplicate: true });
    expect((await tasks.describe(sendMail)).counts.waiting).toBe(1);
  });
});

describe("of runs with one deduplication id", () => {
  test("there is one until it has ended", async () => {
    const { tasks, work } = setUp(redis);
    const first = await tasks.enqueue(sendMail, input, { deduplicationId: "a" });
    expect(await tasks.enqueue(sendMail, input, { deduplicationId: "a" })).toEqual({
      id: first.id,
      duplicate: true,
    });
    work("send-mail", async () => ({ messageId: "1" }));
    await tasks.wait(sendMail, first.id, { timeoutMs: 30_000 });
    expect((await tasks.enqueue(sendMail, input, { deduplicationId: "a" })).duplicate).toBeUndefined();
  });

  test("the first of a time counts when throttled", async () => {
    const { tasks, work } = setUp(redis);
    const options = { deduplicationId: "a", throttleMs: 3_600_000 };
    const first = await tasks.enqueue(sendMail, input, options);
    work("send-mail", async () => ({ messageId: "1" }));
    await tasks.wait(sendMail, first.id, { timeoutMs: 30_000 });
    expect(await tasks.enqueue(sendMail, input, options)).toEqual({ id: first.id, duplicate: true });
  });

  test("the last one counts when debounced, as long as the former has not begun", async () => {
    const { tasks, work } = setUp(redis);
    const options = { deduplicationId: "a", debounceMs: 60_000 };
    const first = await tasks.enqueue(sendMail, { to: "1@example.org" }, options);
    const second = await tasks.enqueue(sendMail, { to: "2@example.org" }, options);
    expect(second.duplicate).toBeUndefined();
    await expect(tasks.get(sendMail, first.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const seen: unknown[] = [];
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    // Due, and not begun: nobody works yet.
    const queueRun = await tasks.enqueue(sendMail, { to: "3@example.org" }, { ...options, debounceMs: 1 });
    await expect
      .poll(() => tasks.get(sendMail, queueRun.id).then(({ runAt }) => runAt! <= Date.now()))
      .toBe(true);
    work("send-mail", async ({ data }) => {
      seen.push(data.input);
      begun.resolve();
      await end.promise;
      return { messageId: "1" };
    });
    await begun.promise;
    const during = await tasks.enqueue(sendMail, { to: "4@example.org" }, { ...options, debounceMs: 1 });
    expect(during).toEqual({ id: queueRun.id, duplicate: true });
    end.resolve();
    await expect
      .poll(() => seen, { timeout: 30_000 })
      .toEqual([{ to: "3@example.org" }, { to: "4@example.org" }]);
  });

  test("one that is due and waits for a worker gives way to the last one", async () => {
    const { tasks, work, namespace } = setUp(redis);
    const options = { deduplicationId: "a", debounceMs: 60_000 };
    const first = await tasks.enqueue(sendMail, { to: "1@example.org" }, options);
    const { Queue } = await import("bullmq");
    const queue = new Queue("send-mail", { connection: redis, prefix: `{${namespace}/tasks}` });
    await (await queue.getJob(first.id))!.promote();
    expect((await tasks.get(sendMail, first.id)).state).toBe("waiting");
    const second = await tasks.enqueue(sendMail, { to: "2@example.org" }, { ...options, debounceMs: 1 });
    expect(second.duplicate).toBeUndefined();
    const seen: unknown[] = [];
    work("send-mail", async ({ data }) => void seen.push(data.input));
    await tasks.wait(sendMail, second.id, { timeoutMs: 30_000 });
    expect(seen).toEqual([{ to: "2@example.org" }]);
    await queue.close();
  });
});

describe("many runs", () => {
  test("are enqueued all, in order", async () => {
    const { tasks } = setUp(redis);
    const added = await tasks.enqueueMany(sendMail, [
      { input },
      { input, delayMs: 60_000 },
      { input, id: "mine" },
      { input, id: "mine" },
      { input, deduplicationId: "d" },
      { input, deduplicationId: "d" },
    ]);
    expect(added.map(({ duplicate }) => duplicate ?? false)).toEqual([
      false,
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(added[5]!.id).toBe(added[4]!.id);
    expect((await tasks.describe(sendMail)).counts).toMatchObject({ waiting: 3, delayed: 1 });
  });

  test("are enqueued none when one of them is wrong", async () => {
    const { tasks } = setUp(redis);
    const runs = Array.from({ length: 5 }, () => ({ input }));
    const wrong = [...runs.slice(0, 3), { input: { to: "nobody" } }, ...runs];
    await expect(tasks.enqueueMany(sendMail, wrong)).rejects.toMatchObject({
      code: "INVALID",
      details: { field: "tasks[3].input.to" },
    });
    await expect(tasks.enqueueMany(sendMail, [{ input, priority: 0 }])).rejects.toMatchObject({
      details: { field: "tasks[0].priority", limit: 1 },
    });
    await expect(tasks.enqueueMany(sendMail, [])).rejects.toMatchObject({
      details: { field: "tasks", limit: 1 },
    });
    const many = Array.from({ length: 1_001 }, () => ({ input }));
    await expect(tasks.enqueueMany(sendMail, many)).rejects.toMatchObject({
      details: { field: "tasks", limit: 1_000 },
    });
    expect((await tasks.describe(sendMail)).counts.waiting).toBe(0);
  });

  test("that carry too much together are refused", async () => {
    const anything = defineTask({ name: "anything", input: z.string() });
    const { tasks } = setUp(redis, { tasks: [anything] });
    const large = "x".repeat(2 ** 20 - 2);
    const runs = Array.from({ length: 65 }, () => ({ input: large }));
    await expect(tasks.enqueueMany(anything, runs)).rejects.toMatchObject({
      code: "REQUEST_TOO_LARGE",
      details: { field: "tasks", limit: 64 * 2 ** 20 },
    });
    expect((await tasks.describe(anything)).counts.waiting).toBe(0);
  });

  test("are enqueued none when Redis is full", async () => {
    const { startRedis } = await import("@tidegate/testkit");
    const own = await startRedis();
    const client = own.client();
    try {
      const { tasks } = setUp(client);
      await tasks.enqueue(sendMail, input);
      await client.config("SET", "maxmemory", "1");
      await expect(tasks.enqueueMany(sendMail, [{ input }, { input }])).rejects.toMatchObject({
        code: "OVERLOADED",
      });
      await expect(tasks.enqueue(sendMail, input)).rejects.toMatchObject({ code: "OVERLOADED" });
      await client.config("SET", "maxmemory", "0");
      expect((await tasks.describe(sendMail)).counts.waiting).toBe(1);
    } finally {
      await own.stop();
    }
  });

  test("of single callers go together, each with its own outcome", async () => {
    const { startRedis } = await import("@tidegate/testkit");
    const own = await startRedis();
    try {
      const client = own.client();
      const { tasks } = setUp(client);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, (_, n) => {
          const options = n === 51 ? { id: "mine" } : n % 10 === 0 ? { delayMs: 60_000 } : undefined;
          return tasks.enqueue(sendMail, n === 55 ? { to: "nobody" } : input, options);
        }),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(99);
      expect(outcomes[55]).toMatchObject({ reason: { code: "INVALID", details: { field: "input.to" } } });
      expect((await tasks.describe(sendMail)).counts).toMatchObject({ waiting: 89, delayed: 10 });
      const stats = await client.info("commandstats");
      const calls = (name: string) =>
        Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
      // One for those that may begin, unknown at first, and one transaction for the others.
      expect(calls("evalsha") + calls("eval") - 10).toBeLessThanOrEqual(5);
      expect(calls("exec")).toBe(1);
    } finally {
      await own.stop();
    }
  });

  test("are no affair of each other, though one goes to a queue that is none", async () => {
    const { tasks, namespace } = setUp(redis);
    await redis.set(`{${namespace}/tasks}:sum:wait`, "no list");
    const [first, broken, last] = await Promise.allSettled([
      tasks.enqueue(sendMail, input),
      tasks.enqueue("sum", [1]),
      tasks.enqueue(sendMail, input),
    ]);
    expect([first!.status, last!.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(broken).toMatchObject({ reason: { code: "INTERNAL" } });
  });

  test("survive that Redis forgets its scripts", async () => {
    const { startRedis } = await import("@tidegate/testkit");
    const own = await startRedis();
    try {
      const client = own.client();
      const { tasks } = setUp(client);
      await tasks.enqueueMany(sendMail, [{ input }, { input, delayMs: 60_000 }]);
      await client.script("FLUSH");
      await tasks.enqueueMany(sendMail, [{ input }, { input, delayMs: 60_000 }, { input, id: "mine" }]);
      await client.script("FLUSH");
      expect(await tasks.enqueue(sendMail, input, { id: "mine" })).toEqual({ id: "mine", duplicate: true });
      expect((await tasks.describe(sendMail)).counts).toMatchObject({ waiting: 3, delayed: 2 });
    } finally {
      await own.stop();
    }
  });
});

describe("wrong input", () => {
  test("is refused with its field", async () => {
    const { tasks } = setUp(redis);
    const refused = (options: object, details: object) =>
      expect(tasks.enqueue(sendMail, input, options)).rejects.toMatchObject({ code: "INVALID", details });
    await expect(tasks.enqueue(sendMail, { to: 5 } as never)).rejects.toMatchObject({
      code: "INVALID",
      details: { field: "input.to" },
    });
    await expect(
      tasks.enqueue(sendMail, { to: "a@example.org", template: "x".repeat(21) }),
    ).rejects.toMatchObject({
      details: { field: "input.template", limit: 20 },
    });
    await refused({ id: "123" }, { field: "id" });
    await refused({ id: "a:b" }, { field: "id" });
    await refused({ id: "" }, { field: "id", limit: 1 });
    // Each of BullMQ's own keys of the queue: a run of that id would lie in it.
    const { QueueKeys } = await import("bullmq");
    for (const id of Object.keys(new QueueKeys("p").getKeys("q"))) await refused({ id }, { field: "id" });
    await refused({ priority: 2_097_153 }, { field: "priority" });
    await refused({ priority: 1.5 }, { field: "priority" });
    await refused({ delayMs: -1 }, { field: "delayMs", limit: 0 });
    await refused({ delayMs: 1, runAt: 1 }, { field: "runAt" });
    await refused({ runAt: 8e15 }, { field: "runAt", limit: 3_153_600_000_000 });
    await refused({ runAt: "tomorrow" }, { field: "runAt" });
    await refused({ throttleMs: 5 }, { field: "throttleMs" });
    await refused({ deduplicationId: "" }, { field: "deduplicationId" });
    await refused({ callbackUrl: "ftp://example.org" }, { field: "callbackUrl" });
    await refused({ delay: 5 }, { field: "delay" });
    expect((await tasks.describe(sendMail)).counts.waiting).toBe(0);
  });

  test("that is huge, or no JSON, is refused", async () => {
    const anything = defineTask({ name: "anything", input: z.unknown() });
    const { tasks } = setUp(redis, { tasks: [anything] });
    const limit = 2 ** 20;
    const fits = "x".repeat(limit - 2);
    await tasks.enqueue(anything, fits, { callbackUrl: "https://example.org/done" });
    await expect(tasks.enqueue(anything, `${fits}x`)).rejects.toMatchObject({
      code: "MESSAGE_TOO_LARGE",
      details: { field: "input", limit },
    });
    await expect(tasks.enqueue(anything, 5n)).rejects.toMatchObject({
      code: "INVALID",
      details: { field: "input" },
    });
    const loop: unknown[] = [];
    loop.push(loop);
    await expect(tasks.enqueue(anything, loop)).rejects.toMatchObject({ code: "INVALID" });
  });

  test("of a task that nobody knows is refused", async () => {
    const { tasks } = setUp(redis);
    await expect(tasks.enqueue("nothing", {})).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
    await expect(tasks.enqueue("a:b", {})).rejects.toMatchObject({
      code: "INVALID",
      details: { field: "task" },
    });
  });
});

test("workers make tasks known to producers that have no definition", async () => {
  const { tasks, another } = setUp(redis);
  const bare = another();
  await expect(bare.enqueue("send-mail", input)).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
  await tasks.publishDefinitions();
  const knowing = another();
  const { id } = await knowing.enqueue("send-mail", input);
  expect(await knowing.get("send-mail", id)).toMatchObject({ state: "waiting", maxAttempts: 2 });
  await expect(knowing.enqueue("send-mail", { to: 5 })).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "input.to" },
  });
  await expect(knowing.enqueue("send-mail", { ...input, template: "x".repeat(21) })).rejects.toMatchObject({
    details: { field: "input.template" },
  });
  await expect(knowing.enqueue("sum", [1, "2"])).rejects.toMatchObject({ details: { field: "input[1]" } });
  expect(await knowing.list()).toEqual([{ name: "send-mail" }, { name: "sum" }]);
  expect(await knowing.describe("send-mail")).toMatchObject({
    name: "send-mail",
    inputSchema: { type: "object", required: ["to"] },
    attempts: 2,
    timeoutMs: 300_000,
    paused: false,
  });
});

test("a schema that takes its time is waited for", async () => {
  const slow = defineTask({
    name: "slow",
    input: z.object({ user: z.string().refine(async (user) => user !== "nobody", { error: "is unknown" }) }),
  });
  const { tasks } = setUp(redis, { tasks: [slow] });
  await tasks.enqueue(slow, { user: "ann" });
  await expect(
    tasks.enqueueMany(slow, [{ input: { user: "ann" } }, { input: { user: "nobody" } }]),
  ).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "tasks[1].input.user" },
  });
  // Found wrong at once, while another still takes its time to be found wrong.
  await expect(
    tasks.enqueueMany(slow, [{ input: { user: "nobody" } }, { input: { user: "ann" }, priority: 0 }]),
  ).rejects.toMatchObject({ details: { field: "tasks[1].priority" } });
  expect((await tasks.describe(slow)).counts.waiting).toBe(1);
});
