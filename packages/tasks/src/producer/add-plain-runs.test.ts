import { testNamespace } from "@tidegate/testkit";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { sendMail, setUp, sum } from "../fixtures/bench-of-tasks.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const input = { to: "a@example.org" };

/** All that lies in a queue, but for what is of the moment. */
async function contents(namespace: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const key of (await redis.keys(`{${namespace}/tasks}:*`)).sort()) {
    const name = key.slice(key.indexOf(":"));
    const type = await redis.type(key);
    if (type === "string") found[name] = await redis.get(key);
    else if (type === "list") found[name] = await redis.lrange(key, 0, -1);
    else if (type === "zset") found[name] = await redis.call("ZRANGE", key, 0, -1, "WITHSCORES");
    else if (type === "stream") found[name] = (await redis.xrange(key, "-", "+")).map(([, fields]) => fields);
    else if (type === "hash") found[name] = withoutMoment(await redis.hgetall(key));
  }
  return found;
}

function withoutMoment({ timestamp, opts, ...fields }: Record<string, string>) {
  if (opts === undefined) return fields;
  expect(Number(timestamp)).toBeGreaterThan(Date.now() - 600_000);
  const { by: _, jobId: __, ...options } = JSON.parse(opts) as Record<string, unknown>;
  return { ...fields, options };
}

describe("runs lie as BullMQ itself would have laid them", () => {
  const prepare: Record<string, (key: (name: string) => string) => Promise<unknown>> = {
    "in a queue that is new": async () => {},
    "in a queue that is paused": (key) => redis.hset(key("meta"), "paused", "1"),
    "in a queue with room": (key) => redis.hset(key("meta"), "concurrency", "3"),
    "in a queue with no room": async (key) => {
      await redis.hset(key("meta"), "concurrency", "1");
      await redis.lpush(key("active"), "other");
    },
    "in a queue that keeps fewer events": (key) => redis.hset(key("meta"), "opts.maxLenEvents", "500"),
  };

  test.each(Object.entries(prepare))("%s", async (_, before) => {
    const ours = setUp(redis);
    const theirs = testNamespace();
    for (const namespace of [ours.namespace, theirs])
      await before((name) => `{${namespace}/tasks}:send-mail:${name}`);
    const ids = ["a", "b", "a", "c"];
    await ours.tasks.enqueueMany(
      sendMail,
      ids.map((id) => ({ input, id })),
    );
    await ours.tasks.enqueue(sendMail, input, { id: "d", callbackUrl: "https://example.org/ä" });
    const queue = new Queue("send-mail", {
      connection: redis,
      prefix: `{${theirs}/tasks}`,
      skipMetasUpdate: true,
    });
    onTestFinished(() => queue.close());
    const options = { attempts: 2, backoff: { type: "tidegate" }, stackTraceLimit: 1 };
    for (const jobId of ids) await queue.add("send-mail", { input }, { ...options, jobId });
    const data = { input, callbackUrl: "https://example.org/ä" };
    await queue.add("send-mail", data, { ...options, jobId: "d" });
    const found = await contents(ours.namespace);
    const expected = await contents(theirs);
    // Of one call all are added before any is waited for; of several one after the other.
    const events = ":send-mail:events";
    expect(sorted(found[events])).toEqual(sorted(expected[events]));
    expect({ ...found, [events]: 0 }).toEqual({ ...expected, [events]: 0 });
    expect(Object.keys(found)).toContain(":send-mail:d");
  });
});

function sorted(events: unknown): string[] {
  return (events as string[][]).map((fields) => fields.join(" ")).sort();
}

test("single runs of several tasks, held back or not, have each their own outcome", async () => {
  const { tasks } = setUp(redis);
  const made = await Promise.all([
    tasks.enqueue(sendMail, input),
    tasks.enqueue(sum, [1], { id: "one" }),
    tasks.enqueue(sendMail, input, { delayMs: 60_000 }),
    tasks.enqueue(sum, [2], { id: "one" }),
    tasks.enqueue(sum, [3], { priority: 5 }),
    tasks.enqueue(sendMail, input, { deduplicationId: "d" }),
    tasks.enqueue(sendMail, input, { deduplicationId: "d" }),
  ]);
  expect(made.map(({ duplicate }) => duplicate ?? false)).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
    true,
  ]);
  expect((await tasks.describe(sendMail)).counts).toMatchObject({ waiting: 2, delayed: 1 });
  expect((await tasks.describe(sum)).counts).toMatchObject({ waiting: 2 });
  expect(await redis.exists("never")).toBe(0);
});

test("a queue whose list is none refuses runs, and keeps nothing of them", async () => {
  const { tasks, namespace } = setUp(redis);
  await redis.set(`{${namespace}/tasks}:sum:wait`, "no list");
  await expect(tasks.enqueueMany(sum, [{ input: [1], id: "a" }, { input: [2] }])).rejects.toMatchObject({
    code: "INTERNAL",
  });
  expect(await redis.keys(`{${namespace}/tasks}:sum:*`)).toEqual([`{${namespace}/tasks}:sum:wait`]);
});
