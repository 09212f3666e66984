import { defineTask, PermanentError } from "@tidegate/tasks";
import { runTasks } from "@tidegate/tasks/worker";
import type { Redis } from "ioredis";
import * as z from "zod";
import { fuzzTask } from "./session/good-task-requests.ts";

/** A worker that carries out what the fuzzed server enqueues: each run does as its input says. */
export interface FuzzWorker {
  stop(): Promise<void>;
}

/** Starts it, and resolves when the server can know the task. */
export async function startFuzzWorker(redis: Redis, namespace: string): Promise<FuzzWorker> {
  const task = defineTask({
    name: fuzzTask,
    input: z.object({ do: z.enum(["succeed", "fail", "note"]), n: z.int().min(0).max(1000) }),
    retry: { attempts: 2, backoff: { type: "fixed", delayMs: 10 } },
    // What is kept is bounded, or the server's answers would grow with the run.
    keep: { completedCount: 1_000, failedCount: 1_000 },
    run: async (input, { log, progress }) => {
      if (input.do === "fail") throw new PermanentError(`fail ${input.n}`);
      if (input.do === "note") {
        await log(`noted ${input.n}`);
        await progress(input);
      }
      return { n: input.n };
    },
  });
  const worker = runTasks([task], { redis, namespace });
  await worker.ready;
  return { stop: () => worker.stop({ timeoutMs: 1_000 }) };
}
