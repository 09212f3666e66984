import { type PushOptions, receivePush } from "./handle-push.ts";
import { isOutcome } from "./outcome.ts";
import { toResponse } from "./push-answer.ts";
import { BatchOfPush, type QueueBatch } from "./queue-batch.ts";
import { type PushKeysOf, withKeys } from "./signing-keys.ts";
import type { WaitingContext } from "./worker-push.ts";

/** A consumer as Cloudflare Queues documents it: `queue(batch, env, ctx)`. */
export type QueueHandler<Env, Ctx, Body = unknown> = (batch: QueueBatch<Body>, env: Env, ctx: Ctx) => unknown;

export interface CloudflareQueueOptions<Env> extends Omit<PushOptions, "keys" | "ordering"> {
  /** A function of the Worker's variables, which are only known with a request. */
  keys: PushKeysOf<Env>;
}

/**
 * Runs a consumer that was written for Cloudflare Queues, unchanged, as a `fetch`:
 * `export default { fetch: cloudflareQueue({ keys }, consumer) }`, where the consumer is its `queue` function or the object
 * that has it. A request is a batch, so the group's `batchSize` is the `max_batch_size`. As there, the batch ends when what
 * was given to `ctx.waitUntil` has ended too.
 */
export function cloudflareQueue<Env, Ctx extends WaitingContext = WaitingContext, Body = unknown>(
  options: CloudflareQueueOptions<Env>,
  consumer: QueueHandler<Env, Ctx, Body> | { queue: QueueHandler<Env, Ctx, Body> },
): (request: Request, env: Env, ctx: Ctx) => Promise<Response> {
  const handle: QueueHandler<Env, Ctx, Body> =
    typeof consumer === "function" ? consumer : (batch, env, ctx) => consumer.queue(batch, env, ctx);
  return async (request, env, ctx) => {
    const answer = await receivePush(request, await withKeys(options, env), async (push, onError) => {
      const received = new BatchOfPush<Body>(push);
      const waiting = new Waiting(ctx);
      try {
        await handle(received.batch, env, waiting.context);
        await waiting.end();
        return received.returned();
      } catch (thrown) {
        if (!isOutcome(thrown)) onError(thrown);
        return received.threw(thrown);
      }
    });
    return toResponse(answer);
  };
}

/** The execution context that a consumer sees: Cloudflare's, but we learn what it waits for. */
class Waiting<Ctx extends WaitingContext> {
  readonly context: Ctx;
  readonly #promises: Promise<unknown>[] = [];

  constructor(ctx: Ctx | undefined) {
    const waitUntil = (promise: Promise<unknown>) => {
      this.#promises.push(promise);
      // Should the caller hang up, it still runs to its end.
      ctx?.waitUntil(Promise.resolve(promise).catch(() => {}));
    };
    this.context = new Proxy((ctx ?? {}) as Ctx, {
      get(target, name) {
        if (name === "waitUntil") return waitUntil;
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** Rejects when one of them did; one may add more. */
  async end(): Promise<void> {
    for (const promise of this.#promises) await promise;
  }
}
