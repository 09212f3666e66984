import { handlePush, type PushContext, type PushHandler, type PushOptions } from "./handle-push.ts";
import { type PushKeysOf, withKeys } from "./signing-keys.ts";

export interface WorkerPushOptions<Env> extends Omit<PushOptions, "keys"> {
  /** A function of the Worker's variables, which are only known with a request. */
  keys: PushKeysOf<Env>;
}

/** What is used of a Worker's execution context. */
export interface WaitingContext {
  waitUntil(promise: Promise<unknown>): void;
}

/** What a handler in a Worker is called with, beside the message. */
export interface WorkerPushContext<Env, Ctx> extends PushContext {
  readonly env: Env;
  readonly ctx: Ctx;
}

/** The `fetch` of a Worker that receives pushes: `export default { fetch: workerPush({ keys }, handler) }`. */
export function workerPush<Env, Ctx extends WaitingContext = WaitingContext>(
  options: WorkerPushOptions<Env>,
  handler: PushHandler<WorkerPushContext<Env, Ctx>>,
): (request: Request, env: Env, ctx: Ctx) => Promise<Response> {
  return async (request, env, ctx) =>
    handlePush(request, await withKeys(options, env), (message, context) =>
      handler(message, { ...context, env, ctx }),
    );
}
