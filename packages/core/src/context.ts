import { TidegateError } from "@tidegate/contracts";
import type { Touched } from "./figures/touched.ts";
import type { KeySpace } from "./keys.ts";
import type { Meter } from "./meter.ts";
import type { RedisConnection } from "./redis/connection.ts";
import { isAnswer, toTidegateError } from "./redis/errors.ts";
import type { RedisWatch } from "./redis/redis-watch.ts";
import { type Rest, runScript, type Script } from "./redis/script.ts";

/** What every part of an engine shares: where Redis is, under which names, and which clock its scripts see. */
export interface Context {
  readonly redis: RedisConnection;
  /** Hears of every call that goes through `answerOf`. */
  readonly watch: RedisWatch;
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
  readonly meter: Meter | null;
  /** What of figures is to be brought up; null where nobody keeps them. */
  readonly touched: Touched | null;
}

/** Runs a script with the engine's connection. Throws TidegateError, REDIS_UNAVAILABLE when the answer stays out. */
export function run<Keys, Args>(
  context: Context,
  script: Script<Keys, Args>,
  keys: Keys,
  args: Args,
  rest?: Rest,
  timeoutMs = context.callTimeoutMs,
): Promise<unknown> {
  return answerOf(context, timeoutMs, runScript(context.redis, script, keys, args, rest), script.name);
}

/** Sends one command with the engine's connection. Throws as `run` does. */
export async function send(
  context: Context,
  command: string,
  ...args: (string | number | Buffer)[]
): Promise<unknown> {
  try {
    return await answerOf(
      context,
      context.callTimeoutMs,
      context.redis.callBuffer(command, ...args),
      command,
    );
  } catch (error) {
    throw toTidegateError(error);
  }
}

/**
 * The outcome of a call that has just been sent, or REDIS_UNAVAILABLE after so many milliseconds; the call itself may
 * still be carried out. The watch hears of it, and the meter under this name.
 */
export function answerOf<T>(
  { watch, meter }: Context,
  timeoutMs: number,
  call: Promise<T>,
  name: string,
): Promise<T> {
  watch.sent();
  let told = meter?.called === undefined ? null : { meter, name, since: performance.now() };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (told !== null) tell(told, true);
      told = null;
      reject(unanswered(timeoutMs));
    }, timeoutMs);
    call.then(
      (value) => {
        watch.heard();
        clearTimeout(timer);
        if (told !== null) tell(told, false);
        resolve(value);
      },
      (error) => {
        if (isAnswer(error)) watch.heard();
        clearTimeout(timer);
        if (told !== null) tell(told, true);
        reject(error);
      },
    );
  });
}

function tell(call: { meter: Meter; name: string; since: number }, failed: boolean): void {
  call.meter.called!(call.name, performance.now() - call.since, failed);
}

function unanswered(timeoutMs: number): TidegateError {
  const detail = `Redis did not answer within ${Math.round(timeoutMs)} ms: what was asked for may have been done, or may yet be`;
  return new TidegateError("REDIS_UNAVAILABLE", detail);
}

/** Random text of 16 characters, 96 bits: lease ids, topic ids, appender ids. */
export function nonce(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString("base64url");
}
