import type { RedisConnection } from "./connection.ts";
import { toTidegateError } from "./errors.ts";

/** What a script takes as an argument: text, an integer, or bytes. */
export type ScriptArgument = string | number | Buffer;

/** A script of `lua/`, as the generator writes it; `Keys` and `Args` name what it takes, in order. */
export interface Script<Keys, Args> {
  readonly name: string;
  /** SHA-1 of the text, in hex: what EVALSHA takes. */
  readonly sha: string;
  readonly keys: readonly (string & keyof Keys)[];
  readonly args: readonly (string & keyof Args)[];
  readonly text: string;
}

/** Keys and arguments behind the named ones, for scripts whose lists end with `...`. */
export interface Rest {
  readonly keys?: readonly string[];
  readonly args?: readonly ScriptArgument[];
}

/**
 * Runs a script: EVALSHA first, EVAL with the whole text when Redis does not know it (after SCRIPT FLUSH, a
 * restart, on a new node). Bulk strings of the reply come as Buffers. `onSent` is called each time that it has left, so
 * that what must follow it can. Throws TidegateError.
 */
export async function runScript<Keys, Args>(
  redis: RedisConnection,
  script: Script<Keys, Args>,
  keys: Keys,
  args: Args,
  rest: Rest = {},
  onSent?: () => void,
): Promise<unknown> {
  // A cluster that moves a slot runs a script as long as all of its keys are still there; one that empties a key and goes on
  // to use it is broken off in the middle. A key that never exists keeps scripts out until the slot has moved (TRYAGAIN).
  const list: (string | number | Buffer)[] = [script.sha, 0, `${keys[script.keys[0]!]}:never`];
  let count = 1;
  for (const name of script.keys) {
    const key = keys[name];
    if (key === undefined) break;
    list.push(key as string);
    count += 1;
  }
  if (rest.keys) {
    for (const key of rest.keys) list.push(key);
    count += rest.keys.length;
  }
  list[1] = count;
  for (const name of script.args) list.push(args[name] as ScriptArgument);
  if (rest.args) for (const argument of rest.args) list.push(argument);
  try {
    const reply = redis.callBuffer("EVALSHA", ...list);
    onSent?.();
    return await reply;
  } catch (error) {
    if (!isUnknownScript(error)) throw toTidegateError(error);
  }
  list[0] = script.text;
  try {
    const reply = redis.callBuffer("EVAL", ...list);
    onSent?.();
    return await reply;
  } catch (error) {
    throw toTidegateError(error);
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
