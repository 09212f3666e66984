import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, inject, onTestFinished, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { Tally, TaskShop } from "./fixtures/task-shop.ts";

const program = fileURLToPath(new URL("./fixtures/killable-worker.ts", import.meta.url));
const lockMs = 1_000;

/** A process that runs the task `fatal`, and the lines that it says. */
function startProcess(shop: TaskShop, attempts: number): { child: ChildProcess; lines: Tally<string> } {
  const args = ["--conditions=tidegate-source", program, inject("redisUrl"), shop.namespace];
  const child = spawn(process.execPath, [...args, String(attempts), String(lockMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = new Tally<string>();
  createInterface(child.stdout!).on("line", (line) => lines.add(line));
  return { child, lines };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

const fatal = (attempts: number, run: (attempt: number) => unknown) =>
  defineTask({
    name: "fatal",
    input: z.unknown(),
    retry: { attempts, backoff: { type: "fixed", delayMs: 1 } },
    run: (_, { attempt }) => run(attempt),
  });

test("what a killed process ran is run by another, and that spends an attempt", async () => {
  const shop = new TaskShop();
  const seen = new Tally<number>();
  const task = fatal(2, (attempt) => {
    seen.add(attempt);
    throw new Error("no");
  });
  const { child, lines } = startProcess(shop, 2);
  const [id] = await shop.enqueue(task, { input: "wait" });
  await lines.reaches(1);
  expect(lines.seen).toEqual([`${id} 1`]);
  await kill(child);
  shop.worker([task], { lockMs });
  await shop.told("stalled", id);
  const { error } = await shop.told("failed", id, ({ becomes }) => becomes === "failed");
  // Lost once, failed once: two attempts, and there is no third.
  expect(seen.seen).toEqual([2]);
  expect(error).toEqual({ name: "Error", message: "no" });
});

test("a run that kills whoever runs it fails without being run again", async () => {
  const shop = new TaskShop();
  const seen = new Tally<number>();
  const task = fatal(2, (attempt) => seen.add(attempt));
  const [id] = await shop.enqueue(task, { input: "wait" });
  for (const attempt of [1, 2]) {
    const { child, lines } = startProcess(shop, 2);
    await lines.reaches(1);
    expect(lines.seen).toEqual([`${id} ${attempt}`]);
    await kill(child);
  }
  const published: unknown[] = [];
  await (await shop.job(task, id!)).updateData({ input: "wait", failureCallbackUrl: "https://example.com/" });
  shop.worker([task], { lockMs, callbacks: { enqueue: async (request) => published.push(request) } });
  const { error } = await shop.told("failed", id);
  expect(error.name).toBe("WORKER_LOST");
  expect(seen.seen).toEqual([]);
  expect(published).toEqual([
    expect.objectContaining({ body: expect.objectContaining({ attempts: 2, error, type: "task.failed" }) }),
  ]);
  // An operator's retry begins anew: it is run.
  await (await shop.job(task, id!)).retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  await shop.told("completed", id);
  expect(seen.seen).toEqual([1]);
});

test("a worker that was taken for dead is told so, and what it still does is of no account", async () => {
  const shop = new TaskShop();
  const signals: AbortSignal[] = [];
  const task = defineTask({
    name: "frozen",
    input: z.unknown(),
    retry: { attempts: 5 },
    run: (_, { attempt, signal }) => {
      signals.push(signal);
      if (attempt > 1) return "second";
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve("first")));
    },
  });
  shop.worker([task], { lockMs });
  const [id] = await shop.enqueue(task, { input: 1 });
  while (signals.length === 0) await shop.redis.ping();
  // As if it had been suspended until its lock was over: another has it then.
  await shop.redis.set(`${shop.engine.taskBook.queuePrefix}:frozen:${id}:lock`, "another", "PX", 1);
  await shop.told("lost", id);
  await shop.told("completed", id);
  expect((await shop.job(task, id!)).returnvalue).toBe("second");
  expect(signals[0]!.aborted).toBe(true);
});

test("no run is doubled by two workers that start at once over one backlog", async () => {
  const shop = new TaskShop();
  const seen = new Tally<unknown>();
  const task = defineTask({ name: "many", input: z.number(), run: (input) => seen.add(input) });
  const inputs = Array.from({ length: 500 }, (_, input) => ({ input }));
  await shop.enqueue(task, ...inputs);
  shop.worker([task]);
  shop.worker([task]);
  await shop.toldTimes(500, "completed");
  expect(new Set(seen.seen).size).toBe(500);
  expect(seen.seen).toHaveLength(500);
});
