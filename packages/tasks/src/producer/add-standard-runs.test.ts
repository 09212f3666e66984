import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { Tasks } from "./tasks.ts";

const redis = new Redis(inject("redisUrl"));
afterAll(() => redis.disconnect());

const task = defineTask({ name: "many", input: z.object({ n: z.int() }) });

function open() {
  const namespace = testNamespace();
  return { namespace, tasks: new Tasks({ redis, namespace, tasks: [task] }) };
}

/** All that lies in Redis of a namespace's runs, without what is of a moment. */
async function contents(namespace: string): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const key of (await redis.keys(`{${namespace}/tasks}:*`)).sort()) {
    const name = key.slice(key.indexOf(":"));
    const type = await redis.type(key);
    if (type === "list") all[name] = await redis.lrange(key, 0, -1);
    else if (type === "hash") all[name] = withoutMoments(await redis.hgetall(key));
    else if (type === "stream") all[name] = (await redis.xrange(key, "-", "+")).map(([, fields]) => fields);
    else all[name] = type;
  }
  return all;
}

function withoutMoments({ timestamp: _, opts, ...rest }: Record<string, string>) {
  return { ...rest, ...(opts !== undefined && { opts: { ...JSON.parse(opts), by: undefined } }) };
}

test("runs that are added by one script lie as those that are added one by one", async () => {
  const together = open();
  const alone = open();
  const runs = Array.from({ length: 6 }, (_, n) => ({ input: { n }, id: `r-${n}` }));
  const marks = runs.map((run, index) => (index === 2 ? { ...run, deduplicationId: "d" } : run));
  const made = await together.tasks.enqueueMany(task, marks);
  expect(made).toEqual(runs.map(({ id }) => ({ id })));
  for (const { input, ...options } of marks) await alone.tasks.enqueue(task, input, options);
  const lies = await contents(together.namespace);
  expect(Object.keys(lies)).toContain(":many:r-5");
  expect(lies).toEqual(await contents(alone.namespace));
});

test("each run of a script has its own outcome: new, of an id that is there, of a deduplication", async () => {
  const { tasks } = open();
  await tasks.enqueue(task, { n: 0 }, { id: "there", deduplicationId: "d" });
  const runs = [{ id: "a" }, { id: "there" }, {}, { deduplicationId: "d" }, { id: "b" }, { id: "a" }];
  const made = await tasks.enqueueMany(
    task,
    runs.map((run, n) => ({ input: { n }, ...run })),
  );
  expect(made).toEqual([
    { id: "a" },
    { id: "there", duplicate: true },
    { id: expect.stringMatching(/^r/) },
    { id: "there", duplicate: true },
    { id: "b" },
    { id: "a", duplicate: true },
  ]);
  expect((await tasks.describe(task)).counts.waiting).toBe(4);
});

test("runs for now, for later and of a priority are added together, in whatever way", async () => {
  const { tasks } = open();
  const more = [{}, {}, {}, {}, { delayMs: 3_600_000 }, { priority: 2 }];
  const made = await tasks.enqueueMany(
    task,
    more.map((options, n) => ({ input: { n }, ...options })),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(6);
  expect((await tasks.describe(task)).counts).toMatchObject({ waiting: 5, delayed: 1 });
});

test("what Redis refuses of a script is told of each run, and a forgotten script is taught again", async () => {
  const { tasks, namespace } = open();
  const enqueue = () => Promise.allSettled(Array.from({ length: 5 }, (_, n) => tasks.enqueue(task, { n })));
  await redis.set(`{${namespace}/tasks}:many:wait`, "no list");
  for (const outcome of await enqueue())
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "INTERNAL" } });
  await redis.del(`{${namespace}/tasks}:many:wait`);
  for (const outcome of await enqueue()) expect(outcome.status).toBe("fulfilled");
  await redis.script("FLUSH");
  for (const outcome of await enqueue()) expect(outcome.status).toBe("fulfilled");
  expect((await tasks.describe(task)).counts.waiting).toBe(10);
});

test("all of them go by one command", async () => {
  const { tasks } = open();
  await tasks.enqueueMany(
    task,
    Array.from({ length: 5 }, (_, n) => ({ input: { n } })),
  );
  const monitor = await redis.duplicate().monitor();
  try {
    const seen: string[] = [];
    const done = new Promise<void>((resolve) => {
      monitor.on("monitor", (_time: string, args: string[], source: string) => {
        if (args[0] === "echo" && args[1] === "add-standard-runs") resolve();
        else if (source !== "lua" && args.some((arg) => arg.includes(":many:wait")))
          seen.push(args[0]!.toLowerCase());
      });
    });
    await tasks.enqueueMany(
      task,
      Array.from({ length: 500 }, (_, n) => ({ input: { n } })),
    );
    await redis.echo("add-standard-runs");
    await done;
    expect(seen).toEqual(["evalsha"]);
  } finally {
    monitor.disconnect();
  }
});
