import { isTaskOver, limits, type TaskStatus, TidegateError } from "@tidegate/contracts";
import { delayBefore, pause } from "../backoff.ts";
import { type CallOptions, type Http, pathOf } from "../http.ts";

/** How a run is asked for. */
export interface RunQuery extends CallOptions {
  /** Wait so long for its end, 0 to 30,000. Default 0. */
  waitMs?: number;
}

/** How a run's end is waited for. */
export interface WaitOptions {
  /** Default 30,000. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Asks where a run stands; see `Tasks.get`. */
export async function getRun(
  http: Http,
  task: string,
  id: string,
  { waitMs = 0, ...options }: RunQuery = {},
): Promise<TaskStatus> {
  const { body } = await http.send<TaskStatus>(
    {
      method: "GET",
      path: pathOf("tasks", task, id),
      ...(waitMs > 0 && { query: { waitMs } }),
      repeatable: true,
      waitMs,
      fresh: true,
    },
    options,
  );
  return body;
}

/** Waits for a run's end, and answers where it stands then. Throws REPLY_TIMEOUT when the time is up. */
export async function waitForRun(
  http: Http,
  task: string,
  id: string,
  { timeoutMs = 30_000, signal }: WaitOptions = {},
): Promise<TaskStatus> {
  const deadline = Date.now() + timeoutMs;
  const expiry = new AbortController();
  const tooLate = () =>
    new TidegateError("REPLY_TIMEOUT", `The run has not ended within ${timeoutMs} ms`, {
      ...{ task, id },
      limit: timeoutMs,
    });
  const timer = setTimeout(() => expiry.abort(tooLate()), Math.max(0, timeoutMs));
  const either = signal ? AbortSignal.any([signal, expiry.signal]) : expiry.signal;
  try {
    // A server that cannot be asked, or does not wait, must not be asked in a loop.
    for (let early = 0; ; early += 1) {
      const askedAt = Date.now();
      const waitMs = Math.min(limits.ticketWaitMs, Math.max(1, deadline - askedAt));
      const status = await heard(http, task, id, waitMs, either);
      if (status !== null && isTaskOver(status.state)) return status;
      if (status !== null && Date.now() - askedAt >= waitMs / 2) early = 0;
      await pause(delayBefore(early + 2, http.backoff), either);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The output of a run that has ended. Throws TASK_FAILED. */
export function outputOf({ task, id, state, output, error }: TaskStatus): unknown {
  if (state === "completed") return output;
  const text = error === null ? `The run was ${state}` : `${error.name}: ${error.message}`;
  throw new TidegateError("TASK_FAILED", text, { task, id, state, error });
}

/** Where the run stands, or null when it cannot be asked for now. */
async function heard(http: Http, task: string, id: string, waitMs: number, signal: AbortSignal) {
  try {
    return await getRun(http, task, id, { waitMs, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof TidegateError && thrown.retryable) return null;
    throw thrown;
  }
}
