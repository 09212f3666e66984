import { defineTask } from "@tidegate/tasks";
import * as z from "zod";

// Several Workers in the process are no faster: its one core is what is used up.
export const concurrency = 200;
export const runsPerCall = 100;
export const callsInFlight = 10;
export const keepMs = 3_600_000;
export const keepCount = 10_000;
export const attempts = 3;
export const backoffMs = 1_000;

/** Whose runs are measured. Both contestants keep what has ended, and would try it again, in the same way. */
export const benchTask = defineTask({
  name: "bench",
  input: z.object({ text: z.string() }),
  retry: { attempts, backoff: { type: "exponential", delayMs: backoffMs } },
  concurrency,
  keep: { completedMs: keepMs, completedCount: keepCount, failedMs: keepMs, failedCount: keepCount },
});

export const configuration = `${runsPerCall} runs a call, ${callsInFlight} calls in flight; concurrency ${concurrency}, the last ${keepCount} are kept`;
