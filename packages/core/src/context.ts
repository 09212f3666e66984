import { TidegateError } from "@tidegate/contracts";
import type { KeySpace } from "./keys.ts";
import type { RedisConnection } from "./redis/connection.ts";
import { toTidegateError } from "./redis/errors.ts";
import { type Rest, runScript, type Script } from "./redis/script.ts";

/** What every part of an engine shares: where Redis is, under which names, and which clock its scripts see. */
export interface Context {
  readonly redis: RedisConnection;
  readonly space: KeySpace;
  /** The argument `now` of scripts: empty for Redis's own clock. */
  readonly scriptNow: () => number | "";
  /** The clock of this process, in ms; a test's clock when there is one. */
  readonly now: () => number;
  readonly callTimeoutMs: number;
  readonly lingerMs: number;
  readonly batchBytes: number;
  /** How much may be gathered and unanswered before appends are refused. */
  readonly queuedBytes: number;
}

/** Runs a script with the engine's connection. Throws TidegateError, REDIS_UNAVAILABLE when the answer stays out. */
export function run<Keys, Args>(
  context: Context,
  script: Script<Keys, Args>,
  keys: Keys,
  args: Args,
  rest?: Rest,
): Promise<unknown> {
  return withTimeout(context.callTimeoutMs, runScript(context.redis, script, keys, args, rest));
}

/** Sends one command with the engine's connection. Throws as `run` does. */
export async function send(
  context: Context,
  command: string,
  ...args: (string | number | Buffer)[]
): Promise<unknown> {
  try {
    return await withTimeout(context.callTimeoutMs, context.redis.callBuffer(command, ...args));
  } catch (error) {
    throw toTidegateError(error);
  }
}

/** The promise's outcome, or REDIS_UNAVAILABLE after so many milliseconds. The call itself may still be carried out. */
export function withTimeout<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new TidegateError("REDIS_UNAVAILABLE", `Redis did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** Random text of 16 characters, 96 bits: lease ids, topic ids, appender ids. */
export function nonce(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString("base64url");
}
