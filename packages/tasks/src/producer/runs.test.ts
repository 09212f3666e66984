import { UnrecoverableError } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { sendMail, setUp } from "../fixtures/bench-of-tasks.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const input = { to: "a@example.org" };
const waited = { timeoutMs: 30_000 };

describe("a run is told", () => {
  test("from its beginning to its success, with progress and logs", async () => {
    const { tasks, work } = setUp(redis);
    const { id } = await tasks.enqueue(sendMail, input);
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    work("send-mail", async (job) => {
      await job.updateProgress({ sent: 1 });
      for (let line = 0; line < 3; line += 1) await job.log(`line ${line}`);
      begun.resolve();
      await end.promise;
      return { messageId: "m1" };
    });
    await begun.promise;
    const running = await tasks.get(sendMail, id);
    expect(running).toMatchObject({ state: "running", attempts: 1, progress: { sent: 1 }, output: null });
    expect(running.startedAt).toBeGreaterThanOrEqual(running.enqueuedAt);
    end.resolve();
    const done = await tasks.wait(sendMail, id, waited);
    expect(done).toMatchObject({ state: "completed", attempts: 1, output: { messageId: "m1" }, error: null });
    expect(done.finishedAt).toBeGreaterThanOrEqual(done.startedAt!);
    expect(await tasks.logs(sendMail, id)).toEqual({ lines: ["line 0", "line 1", "line 2"], total: 3 });
  });

  test("with the error of the attempt that failed last", async () => {
    const { tasks, work } = setUp(redis);
    const { id } = await tasks.enqueue(sendMail, input);
    let attempt = 0;
    work("send-mail", async () => {
      attempt += 1;
      throw Object.assign(new Error(`no ${attempt}`), attempt === 2 ? { message: "TIMEOUT: no more" } : {});
    });
    const status = await tasks.wait(sendMail, id, waited);
    expect(status).toMatchObject({
      state: "failed",
      attempts: 2,
      output: null,
      error: { name: "TIMEOUT", message: "no more" },
    });
  });

  test("only where it is", async () => {
    const { tasks } = setUp(redis);
    await expect(tasks.get(sendMail, "nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await tasks.enqueue(sendMail, input);
    for (const key of ["wait", "meta", "id", "a:b"]) {
      await expect(tasks.get(sendMail, key)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(tasks.cancel(sendMail, key)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(tasks.remove(sendMail, key)).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    await expect(tasks.logs(sendMail, "nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(tasks.wait(sendMail, "nothing", waited)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(tasks.cancel(sendMail, "nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(tasks.retry(sendMail, "nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(tasks.remove(sendMail, "nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(tasks.get("no-task", "nothing")).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
  });
});

describe("a cancel", () => {
  test("takes away what waits or is delayed, and may be repeated", async () => {
    const { tasks } = setUp(redis);
    const waiting = await tasks.enqueue(sendMail, input);
    const delayed = await tasks.enqueue(sendMail, input, { delayMs: 60_000, deduplicationId: "d" });
    for (const { id } of [waiting, delayed]) {
      await tasks.cancel(sendMail, id);
      await tasks.cancel(sendMail, id);
      expect(await tasks.get(sendMail, id)).toMatchObject({
        state: "cancelled",
        attempts: 0,
        maxAttempts: 2,
        error: { name: "CANCELLED" },
      });
    }
    expect((await tasks.describe(sendMail)).counts).toMatchObject({ waiting: 0, delayed: 0 });
    // The next of its kind is not taken for it.
    expect((await tasks.enqueue(sendMail, input, { deduplicationId: "d" })).duplicate).toBeUndefined();
    await expect(tasks.retry(sendMail, waiting.id)).rejects.toMatchObject({ code: "TASK_STATE" });
    await tasks.remove(sendMail, waiting.id);
    await expect(tasks.get(sendMail, waiting.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("leaves what runs to its worker, who is told", async () => {
    const { tasks, work, another } = setUp(redis);
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    work("send-mail", async () => {
      begun.resolve();
      await end.promise;
      throw new UnrecoverableError("CANCELLED: The run was cancelled");
    });
    const { id } = await tasks.enqueue(sendMail, input);
    await begun.promise;
    await another().publishDefinitions();
    await tasks.cancel(sendMail, id);
    expect((await tasks.get(sendMail, id)).state).toBe("running");
    end.resolve();
    expect(await tasks.wait(sendMail, id, waited)).toMatchObject({
      state: "cancelled",
      attempts: 1,
      error: { name: "CANCELLED", message: "The run was cancelled" },
    });
    await tasks.cancel(sendMail, id);
  });

  test("of what has ended otherwise is refused, and leaves no mark", async () => {
    const { tasks, work } = setUp(redis);
    work("send-mail", async ({ data }) => {
      if ((data.input as typeof input).to.startsWith("b")) throw new UnrecoverableError("no");
      return { messageId: "1" };
    });
    const good = await tasks.enqueue(sendMail, input);
    const bad = await tasks.enqueue(sendMail, { to: "b@example.org" });
    for (const { id } of [good, bad]) {
      await tasks.wait(sendMail, id, waited);
      await expect(tasks.cancel(sendMail, id)).rejects.toMatchObject({ code: "TASK_STATE" });
      await tasks.remove(sendMail, id);
      await expect(tasks.get(sendMail, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  });

  test("of a parent cancels the children that have not ended", async () => {
    const { tasks } = setUp(redis);
    const flow = await tasks.enqueueFlow({
      task: sendMail,
      input,
      children: [
        { task: "sum", input: [1], delayMs: 60_000 },
        { task: "sum", input: [2], children: [{ task: "sum", input: [3] }] },
      ],
    });
    await tasks.cancel(sendMail, flow.id);
    const states = async (node: typeof flow): Promise<string[]> => [
      (await tasks.get(node.task, node.id)).state,
      ...(await Promise.all(node.children.map(states))).flat(),
    ];
    expect(await states(flow)).toEqual(Array(4).fill("cancelled"));
    // Children stay, to be ended by a worker: a parent that lost them would go on.
    expect((await tasks.describe("sum")).counts).toMatchObject({
      waiting: 2,
      delayed: 0,
      "waiting-children": 1,
    });
  });
});

describe("a failed run", () => {
  test("is carried out again with all its attempts", async () => {
    const { tasks, work } = setUp(redis);
    let fails = 3;
    work("send-mail", async () => {
      if (fails-- > 0) throw new Error("no");
      return { messageId: "1" };
    });
    const { id } = await tasks.enqueue(sendMail, input);
    expect(await tasks.wait(sendMail, id, waited)).toMatchObject({ state: "failed", attempts: 2 });
    await tasks.retry(sendMail, id);
    expect(await tasks.wait(sendMail, id, waited)).toMatchObject({ state: "completed", attempts: 2 });
    await expect(tasks.retry(sendMail, id)).rejects.toMatchObject({ code: "TASK_STATE" });
  });

  test("that was cancelled may be, too, and its end is told again", async () => {
    const { tasks, work, namespace } = setUp(redis);
    let cancels = true;
    const lives: unknown[] = [];
    work("send-mail", async ({ data }) => {
      lives.push(data.life);
      if (cancels) throw new UnrecoverableError("CANCELLED: The run was cancelled");
      return { messageId: "1" };
    });
    const { id } = await tasks.enqueue(sendMail, input, { callbackUrl: "https://example.org/done" });
    expect((await tasks.wait(sendMail, id, waited)).state).toBe("cancelled");
    await redis.zadd(`{${namespace}/tasks}/cancelled`, Date.now(), `send-mail/${id}`);
    cancels = false;
    await tasks.retry(sendMail, id);
    expect((await tasks.wait(sendMail, id, waited)).state).toBe("completed");
    expect(lives).toEqual([undefined, 1]);
    expect(await redis.zcard(`{${namespace}/tasks}/cancelled`)).toBe(0);
  });
});

test("what runs cannot be removed", async () => {
  const { tasks, work } = setUp(redis);
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  work("send-mail", async () => {
    begun.resolve();
    await end.promise;
  });
  const { id } = await tasks.enqueue(sendMail, input);
  await begun.promise;
  await expect(tasks.remove(sendMail, id)).rejects.toMatchObject({ code: "TASK_STATE" });
  end.resolve();
  await tasks.wait(sendMail, id, waited);
  await tasks.remove(sendMail, id);
});

test("a paused task begins no run until it is resumed", async () => {
  const { tasks, work } = setUp(redis);
  await tasks.pause(sendMail);
  await tasks.pause(sendMail);
  let runs = 0;
  const worker = work("send-mail", async () => {
    runs += 1;
  });
  await worker.waitUntilReady();
  const { id } = await tasks.enqueue(sendMail, input);
  expect(await tasks.describe(sendMail)).toMatchObject({ paused: true, counts: { waiting: 1 } });
  expect(await tasks.wait(sendMail, id, { timeoutMs: 300 })).toMatchObject({ state: "waiting" });
  expect(runs).toBe(0);
  await tasks.resume(sendMail);
  expect((await tasks.wait(sendMail, id, waited)).state).toBe("completed");
  expect((await tasks.describe(sendMail)).paused).toBe(false);
});
