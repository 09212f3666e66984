import { startProxy, startRedis, type TestProxy } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sendMail, setUp, sum } from "../fixtures/bench-of-tasks.ts";

const input = { to: "a@example.org" };

let proxy: TestProxy;
let stop: () => Promise<void>;
beforeAll(async () => {
  const server = await startRedis();
  proxy = await startProxy(server.port);
  stop = async () => {
    await proxy.stop();
    await server.stop();
  };
});
afterAll(() => stop());

function connect() {
  const redis = new Redis(proxy.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

describe("when the answer is lost on its way, and Redis has done what was asked", () => {
  test("a run is enqueued once, and is no duplicate of itself", async () => {
    const { tasks } = setUp(connect());
    await tasks.enqueue(sendMail, input);
    for (const options of [undefined, { id: "mine" }, { deduplicationId: "d" }, { delayMs: 60_000 }]) {
      const cut = proxy.cutNextReply();
      const answer = tasks.enqueue(sendMail, input, options);
      await cut;
      expect(await answer).not.toHaveProperty("duplicate");
    }
    expect((await tasks.describe(sendMail)).counts).toMatchObject({ waiting: 4, delayed: 1 });
  });

  test("many runs, and the runs of a flow, are enqueued once", async () => {
    const { tasks } = setUp(connect());
    await tasks.enqueue(sendMail, input);
    const cut = proxy.cutNextReply();
    const answer = tasks.enqueueMany(sendMail, [{ input }, { input, id: "mine" }, { input, priority: 1 }]);
    await cut;
    expect((await answer).map(({ duplicate }) => duplicate)).toEqual([undefined, undefined, undefined]);
    expect((await tasks.describe(sendMail)).counts.waiting).toBe(4);
    await tasks.enqueue(sum, [1]);
    const cutAgain = proxy.cutNextReply();
    const flow = tasks.enqueueFlow({ task: sendMail, input, children: [{ task: sum, input: [1] }] });
    await cutAgain;
    const { id, children } = await flow;
    expect((await tasks.get(sendMail, id)).state).toBe("waiting-children");
    expect((await tasks.get(sum, children[0]!.id)).state).toBe("waiting");
    expect((await tasks.describe(sum)).counts.waiting).toBe(2);
  });
});

test("while Redis is silent each caller is told in his time, and what was not sent is not done", async () => {
  const { tasks } = setUp(connect(), { callTimeoutMs: 300 });
  await tasks.enqueue(sendMail, input);
  proxy.stall();
  const first = tasks.enqueue(sendMail, input);
  await Promise.resolve();
  const later = Array.from({ length: 10 }, () => tasks.enqueue(sendMail, input));
  const outcomes = await Promise.allSettled([first, ...later]);
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { code: "REDIS_UNAVAILABLE", retryable: true },
    });
  proxy.resume();
  await expect
    .poll(() => tasks.enqueue(sendMail, input, { id: "after" }).catch(() => null))
    .toMatchObject({ id: "after" });
  expect((await tasks.describe(sendMail)).counts.waiting).toBeLessThanOrEqual(13);
});

test("who waits for a run hears of its end over a lost connection", async () => {
  const { tasks, work } = setUp(connect());
  const { id } = await tasks.enqueue(sendMail, input);
  const answer = tasks.wait(sendMail, id, { timeoutMs: 30_000 });
  await expect.poll(() => proxy.connections).toBe(2);
  proxy.cut();
  work("send-mail", async () => ({ messageId: "1" }));
  expect((await answer).state).toBe("completed");
});
