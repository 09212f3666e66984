import { limits, type TidegateError } from "@tidegate/contracts";
import { expect, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { PermanentError } from "../define/permanent-error.ts";
import type { TaskContext } from "../define/task-context.ts";
import { aborted, gate, Tally, TaskShop } from "./fixtures/task-shop.ts";

const anything = z.unknown();
const quick = { attempts: 3, backoff: { type: "fixed", delayMs: 1 } } as const;
const forever = () => new Promise<never>(() => {});

test("a run is given what its schema makes of the input, and keeps what the other makes of its output", async () => {
  const shop = new TaskShop();
  const seen = new Tally<unknown>();
  const greet = defineTask({
    name: "greet",
    input: z.object({ name: z.string().trim(), day: z.iso.date().transform((day) => new Date(day)) }),
    output: z.object({ text: z.string(), at: z.string().default("now") }),
    run: (input, context) => {
      seen.add([input, context.attempt, context.id, typeof context.enqueuedAt]);
      return { text: `Hello ${input.name}` };
    },
  });
  shop.worker([greet]);
  const [id] = await shop.enqueue(greet, { input: { name: " Ada ", day: "1815-12-10" } });
  await shop.told("completed", id);
  expect(seen.seen).toEqual([[{ name: "Ada", day: new Date("1815-12-10") }, 1, id, "number"]]);
  expect((await shop.job(greet, id!)).returnvalue).toEqual({ text: "Hello Ada", at: "now" });
});

test("a run that fails is tried again as often as it may, after the pause of its definition", async () => {
  const shop = new TaskShop();
  const asked: unknown[] = [];
  const attempts: number[] = [];
  const failing = defineTask({
    name: "failing",
    input: anything,
    retry: {
      attempts: 3,
      backoff: (attempt, error) => {
        asked.push([attempt, error.message]);
        return attempt * 10;
      },
    },
    run: (_, { attempt }) => {
      attempts.push(attempt);
      throw new TypeError(`no ${attempt}`);
    },
  });
  shop.worker([failing]);
  const [id] = await shop.enqueue(failing, { input: 1 });
  const { error } = await shop.told("failed", id, ({ becomes }) => becomes === "failed");
  expect(error).toEqual({ name: "TypeError", message: "no 3" });
  expect(attempts).toEqual([1, 2, 3]);
  expect(asked).toEqual([
    [1, "no 1"],
    [2, "no 2"],
  ]);
  const job = await shop.job(failing, id!);
  expect(job.failedReason).toBe("TypeError: no 3");
  expect(job.stacktrace).toHaveLength(1);
  expect(job.attemptsMade).toBe(3);
});

test.each([
  ["fixed", { type: "fixed", delayMs: 30 }, [30, 30]],
  ["exponential", { type: "exponential", delayMs: 20 }, [20, 40]],
] as const)("a %s pause lies between attempts", async (_, backoff, pauses) => {
  const shop = new TaskShop();
  const begun: number[] = [];
  const failing = defineTask({
    name: "failing",
    input: anything,
    retry: { attempts: 3, backoff },
    run: () => {
      begun.push(Date.now());
      throw new Error("no");
    },
  });
  shop.worker([failing]);
  const [id] = await shop.enqueue(failing, { input: 1 });
  await shop.told("failed", id, ({ becomes }) => becomes === "failed");
  for (const [index, pause] of pauses.entries())
    expect(begun[index + 1]! - begun[index]!).toBeGreaterThanOrEqual(pause - 1);
});

test("a permanent error, a wrong input and a forbidden output end a run at once", async () => {
  const shop = new TaskShop();
  let begun = 0;
  const strict = defineTask({
    name: "strict",
    input: z.object({ what: z.string().refine((what) => what !== "odd", "is odd") }),
    output: z.object({ number: z.number() }),
    retry: quick,
    run: ({ what }) => {
      begun += 1;
      if (what === "permanent") throw new PermanentError("never");
      if (what === "void") return undefined as never;
      return { number: "seven" } as never;
    },
  });
  shop.worker([strict]);
  const inputs = [{ what: "permanent" }, { what: "odd" }, { what: 7 }, { what: "output" }, { what: "void" }];
  const ids = await shop.enqueue(strict, ...inputs.map((input) => ({ input })));
  const events = await shop.toldTimes(5, "failed");
  const errors = ids.map((id) => events.find((event) => event.id === id)!.error);
  expect(errors.map(({ name }) => name)).toEqual([
    "PermanentError",
    "INPUT_INVALID",
    "INPUT_INVALID",
    "OUTPUT_INVALID",
    "OUTPUT_INVALID",
  ]);
  expect(errors[1]!.message).toBe("input.what: is odd");
  expect(errors[3]!.message).toContain("output.number");
  expect(events.every(({ becomes }) => becomes === "failed")).toBe(true);
  expect(begun).toBe(3);
});

test("schemas that need time are given it", async () => {
  const shop = new TaskShop();
  const slow = defineTask({
    name: "slow",
    input: z.number().refine(async (number) => number > 0, "is not positive"),
    output: z.number().transform(async (number) => number * 2),
    run: (input) => input,
  });
  shop.worker([slow]);
  const [good, bad] = await shop.enqueue(slow, { input: 4 }, { input: -4 });
  await shop.told("completed", good);
  expect((await shop.job(slow, good!)).returnvalue).toBe(8);
  const { error } = await shop.told("failed", bad);
  expect(error).toEqual({ name: "INPUT_INVALID", message: "input: is not positive" });
});

test.each([
  ["a cycle", () => ((cycle) => Object.assign(cycle, { cycle }))({}), "no JSON value"],
  ["a number that JSON has not", () => 1n, "no JSON value"],
  ["what is too large", () => "x".repeat(limits.taskOutputBytes), String(limits.taskOutputBytes)],
])("%s as output fails the run", async (_, output, message) => {
  const shop = new TaskShop();
  const odd = defineTask({ name: "odd", input: anything, retry: quick, run: output });
  shop.worker([odd]);
  const [id] = await shop.enqueue(odd, { input: 1 });
  const { error, becomes } = await shop.told("failed", id);
  expect([error.name, becomes]).toEqual(["OUTPUT_INVALID", "failed"]);
  expect(error.message).toContain(message);
});

test("what is thrown and is no error is told as text", async () => {
  const shop = new TaskShop();
  const odd = defineTask({
    name: "odd",
    input: anything,
    retry: { attempts: 1 },
    run: () => {
      throw { code: 7 };
    },
  });
  shop.worker([odd]);
  const [id] = await shop.enqueue(odd, { input: 1 });
  expect((await shop.told("failed", id)).error).toEqual({ name: "Error", message: '{"code":7}' });
});

test("an attempt whose time is up fails, whether its handler listens or not, and holds no slot", async () => {
  const shop = new TaskShop();
  const signals: AbortSignal[] = [];
  const stuck = defineTask({
    name: "stuck",
    input: z.enum(["listens", "deaf"]),
    timeoutMs: 50,
    concurrency: 1,
    retry: { attempts: 2, backoff: { type: "fixed", delayMs: 1 } },
    run: (how, { signal }) => {
      signals.push(signal);
      return how === "listens" ? aborted(signal).then(() => Promise.reject(signal.reason)) : forever();
    },
  });
  shop.worker([stuck]);
  const [deaf, listening] = await shop.enqueue(stuck, { input: "deaf" }, { input: "listens" });
  for (const id of [deaf, listening]) {
    const { error } = await shop.told("failed", id, ({ becomes }) => becomes === "failed");
    expect(error).toEqual({ name: "TIMEOUT", message: "It had not ended after 50 ms" });
  }
  expect(signals).toHaveLength(4);
  expect(signals.every((signal) => signal.aborted)).toBe(true);
  const abandoned = shop.events.filter(({ type }) => type === "abandoned") as { id: string }[];
  expect(abandoned.map(({ id }) => id)).toEqual([deaf, deaf]);
});

test("progress and logs are kept, within their limits", async () => {
  const shop = new TaskShop();
  const problems = new Tally<unknown>();
  const talking = defineTask({
    name: "talking",
    input: anything,
    run: async (_, context) => {
      await context.progress({ done: 1, of: 3 });
      const tooMuch = { text: "x".repeat(limits.taskProgressBytes) };
      await context.progress(tooMuch).catch((error) => problems.add(error));
      await context.progress(1n).catch((error) => problems.add(error));
      // Not awaited: that it is refused ends nothing.
      void context.progress(2n);
      await context.log("é".repeat(limits.taskLogLineBytes));
      for (let line = 1; line <= limits.taskLogLines; line += 1) void context.log(`line ${line}`);
      await context.log("last");
    },
  });
  shop.worker([talking]);
  const [id] = await shop.enqueue(talking, { input: 1 });
  await shop.told("completed", id);
  expect((await shop.job(talking, id!)).progress).toEqual({ done: 1, of: 3 });
  const details = problems.seen.map((error) => [
    (error as TidegateError).code,
    (error as TidegateError).details,
  ]);
  expect(details).toEqual([
    ["INVALID", { field: "progress", limit: limits.taskProgressBytes }],
    ["INVALID", { field: "progress" }],
  ]);
  const { logs, count } = await shop.queue(talking).getJobLogs(id!);
  expect(count).toBe(limits.taskLogLines);
  expect(logs.at(-1)).toBe("last");
  expect(logs[0]).toBe("line 2");
});

test("a long line is cut between characters", async () => {
  const shop = new TaskShop();
  const talking = defineTask({
    name: "talking",
    input: anything,
    run: (_, context) => context.log(`x${"é".repeat(limits.taskLogLineBytes)}`),
  });
  shop.worker([talking]);
  const [id] = await shop.enqueue(talking, { input: 1 });
  await shop.told("completed", id);
  const { logs } = await shop.queue(talking).getJobLogs(id!);
  expect(logs).toEqual([`x${"é".repeat(limits.taskLogLineBytes / 2 - 1)}`]);
});

test("what a handler calls behind the end of its attempt is refused", async () => {
  const shop = new TaskShop();
  const late = new Tally<unknown>();
  const over = gate();
  const stuck = defineTask({
    name: "stuck",
    input: anything,
    timeoutMs: 10,
    retry: { attempts: 1 },
    run: async (_, context: TaskContext) => {
      await over.opened;
      const calls = [context.progress(1), context.log("x"), context.publish("t", { value: null })];
      for (const call of calls) await call.catch((error: TidegateError) => late.add(error.code));
    },
  });
  shop.worker([stuck]);
  await shop.enqueue(stuck, { input: 1 });
  await shop.told("failed");
  over.open();
  await late.reaches(3);
  expect(late.seen).toEqual(["TASK_STATE", "TASK_STATE", "TASK_STATE"]);
});

test("what has ended is kept as the definition says", async () => {
  const shop = new TaskShop();
  const keeping = defineTask({
    name: "keeping",
    input: z.boolean(),
    concurrency: 1,
    retry: { attempts: 1 },
    keep: { completedCount: 2, failedCount: 0 },
    run: (good) => {
      if (!good) throw new Error("no");
    },
  });
  shop.worker([keeping]);
  const orders = [true, true, true, false, true, false].map((input) => ({ input }));
  await shop.enqueue(keeping, ...orders);
  await shop.toldTimes(4, "completed");
  await shop.toldTimes(2, "failed");
  expect(await shop.queue(keeping).getJobCounts("completed", "failed")).toEqual({ completed: 2, failed: 0 });
});

test("what a handler takes out of its context knows whose it is", async () => {
  const shop = new TaskShop();
  const apart = defineTask({
    name: "apart",
    input: anything,
    run: async (_, { id, attempt, signal, progress, log, children, publish }) => {
      await progress(attempt);
      await log(`of ${id}`);
      const missing = await publish("nowhere", { value: null }).catch(({ code }: TidegateError) => code);
      return [await children(), signal.aborted, missing];
    },
  });
  shop.worker([apart]);
  const [id] = await shop.enqueue(apart, { input: 1 });
  await shop.told("completed", id);
  expect(await shop.job(apart, id!)).toMatchObject({
    progress: 1,
    returnvalue: [[], false, "TOPIC_NOT_FOUND"],
  });
});
