import { setTimeout as sleep } from "node:timers/promises";
import { type HttpTaskRequest, type TaskCallback, TidegateError } from "@tidegate/contracts";
import type { OnTaskEvent } from "./events.ts";
import { shortKey } from "./run-context.ts";

/** What publishes callbacks: `HttpTasks`. */
export interface CallbackPort {
  enqueue(request: HttpTaskRequest): Promise<unknown>;
}

const pausesMs = [100, 500, 2_000, 5_000];

/** Tells of runs that have ended, by HTTP tasks. */
export class Callbacks {
  readonly #port: CallbackPort;
  readonly #onEvent: OnTaskEvent;

  constructor(port: CallbackPort, onEvent: OnTaskEvent) {
    this.#port = port;
    this.#onEvent = onEvent;
  }

  /**
   * Publishes a callback before its run is ended. A worker that dies between the two leaves a run that comes this way again and
   * publishes nothing twice; with another `life`, after an operator's retry, it does. Tries until it succeeds or cannot; false when
   * there is no time for that.
   */
  async publish(url: string, callback: TaskCallback, life: number, hurry: AbortSignal): Promise<boolean> {
    const { task, id, type } = callback;
    const idempotencyKey = shortKey(`task:${task}:${id}:${type}${life === 0 ? "" : `:${life}`}`);
    let body = callback;
    for (let attempt = 0; !hurry.aborted; attempt += 1) {
      try {
        await this.#port.enqueue({ url, body, idempotencyKey });
        return true;
      } catch (error) {
        // Of an output that fills a message alone the callback tells that there is one: who is told can ask for it.
        if (isTooLarge(error) && body.output !== null) {
          body = { ...callback, output: null };
          continue;
        }
        // Told already, by one who died behind it: what the run came to then was something else.
        if (error instanceof TidegateError && error.code === "IDEMPOTENCY_CONFLICT") return true;
        if (error instanceof TidegateError && !error.retryable) {
          this.#onEvent({ type: "callback-lost", task, id, url, error });
          return true;
        }
        this.#onEvent({ type: "error", task, error });
        const pauseMs = pausesMs[Math.min(attempt, pausesMs.length - 1)]!;
        await sleep(pauseMs, undefined, { signal: hurry }).catch(() => {});
      }
    }
    return false;
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof TidegateError && error.code === "MESSAGE_TOO_LARGE";
}
