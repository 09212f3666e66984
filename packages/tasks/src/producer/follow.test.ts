import { Engine } from "@tidegate/core";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { sendMail, setUp } from "../fixtures/bench-of-tasks.ts";
import { RunWatch } from "./run-watch.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const input = { to: "a@example.org" };

describe.each([
  ["where changes are heard", true],
  ["where nothing may subscribe", false],
])("%s", (_, subscribe) => {
  test("a run is waited for, and its output is the answer", async () => {
    const { tasks, work } = setUp(redis, { subscribe });
    expect(tasks.mayWatch).toBe(subscribe);
    work("send-mail", async () => ({ messageId: "m1" }));
    expect(await tasks.enqueueAndWait(sendMail, input, { timeoutMs: 30_000 })).toEqual({ messageId: "m1" });
  });

  test("a run that fails, is cancelled, or takes too long is told as an error", async () => {
    const { tasks, work } = setUp(redis, { subscribe });
    await expect(tasks.enqueueAndWait(sendMail, input, { timeoutMs: 50, id: "slow" })).rejects.toMatchObject({
      code: "REPLY_TIMEOUT",
      details: { id: "slow", state: "waiting" },
    });
    const cancelled = tasks.enqueueAndWait(sendMail, input, { timeoutMs: 30_000, id: "cancelled" });
    const answer = expect(cancelled).rejects.toMatchObject({
      code: "TASK_FAILED",
      details: { id: "cancelled", state: "cancelled" },
    });
    await expect.poll(() => tasks.get(sendMail, "cancelled").catch(() => null)).not.toBeNull();
    await tasks.cancel(sendMail, "cancelled");
    await answer;
    work("send-mail", async () => {
      throw new Error("TypeError: no mail");
    });
    await expect(tasks.enqueueAndWait(sendMail, input, { timeoutMs: 30_000 })).rejects.toMatchObject({
      code: "TASK_FAILED",
      message: "TypeError: no mail",
      details: { name: "TypeError", state: "failed" },
    });
  });

  test("each change is told, up to the end", async () => {
    const { tasks, work } = setUp(redis, { subscribe });
    const steps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { id } = await tasks.enqueue(sendMail, input);
    const seen: unknown[] = [];
    work("send-mail", async (job) => {
      await job.updateProgress(1);
      await steps[0]!.promise;
      await job.updateProgress(2);
      await steps[1]!.promise;
      return { messageId: "1" };
    });
    for await (const { state, progress } of tasks.watch(sendMail, id)) {
      seen.push([state, progress]);
      if (progress === 1) steps[0]!.resolve();
      if (progress === 2) steps[1]!.resolve();
    }
    expect(seen.at(-1)).toEqual(["completed", 2]);
    expect(seen).toContainEqual(["running", 1]);
    expect(seen).toContainEqual(["running", 2]);
  });

  test("a watch ends with its signal", async () => {
    const { tasks } = setUp(redis, { subscribe });
    const { id } = await tasks.enqueue(sendMail, input);
    const controller = new AbortController();
    const seen: string[] = [];
    for await (const { state } of tasks.watch(sendMail, id, { signal: controller.signal })) {
      seen.push(state);
      controller.abort();
    }
    expect(seen).toEqual(["waiting"]);
    expect((await tasks.wait(sendMail, id, { timeoutMs: 30_000, signal: controller.signal })).state).toBe(
      "waiting",
    );
  });
});

test("many watch with one connection, which ends with the producer", async () => {
  const { tasks, work, another, namespace } = setUp(redis);
  const watching = another({ tasks: [sendMail] });
  const listeners = async () => {
    const list = (await redis.client("LIST")) as string;
    const name = `{${namespace}/tasks}:${Buffer.from("send-mail").toString("base64")}:qe`;
    return list.split("\n").filter((line) => line.includes(`name=${name} `)).length;
  };
  const runs = await tasks.enqueueMany(
    sendMail,
    Array.from({ length: 20 }, () => ({ input })),
  );
  const waits = runs.map(({ id }) => watching.wait(sendMail, id, { timeoutMs: 30_000 }));
  await expect.poll(listeners).toBe(1);
  work("send-mail", async () => ({ messageId: "1" }), 5);
  expect((await Promise.all(waits)).map(({ state }) => state)).toEqual(Array(20).fill("completed"));
  await watching.close();
  await expect.poll(listeners).toBe(0);
});

test("what happens the moment after listening has begun is heard", async () => {
  const { tasks, namespace } = setUp(redis);
  const { taskBook } = new Engine({ redis, namespace, subscribe: false });
  for (let round = 0; round < 20; round += 1) {
    const watch = new RunWatch(redis, taskBook);
    const id = `run-${round}`;
    const heard = Promise.withResolvers<void>();
    const unlisten = await watch.listen("send-mail", id, heard.resolve);
    // The connection that listens has hardly begun to read: nothing else tells of this.
    await tasks.enqueue(sendMail, input, { id });
    await heard.promise;
    unlisten();
    await watch.close();
  }
});

test("a time-out that is none is refused before anything is enqueued", async () => {
  const { tasks } = setUp(redis);
  for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    await expect(tasks.enqueueAndWait(sendMail, input, { timeoutMs })).rejects.toMatchObject({
      code: "INVALID",
      details: { field: "timeoutMs" },
    });
  expect((await tasks.describe(sendMail)).counts.waiting).toBe(0);
});
