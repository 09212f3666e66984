import { defaults, limits, TidegateError } from "@tidegate/contracts";
import type { Context } from "../context.ts";
import { run } from "../context.ts";
import type { GroupRegistry } from "../group-verbs/group-registry.ts";
import { groupKeys, resultsChannel } from "../keys.ts";
import { requirePartition } from "../read/read-log.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { putResults, readResults } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import { addressOf, keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import { type KeptResult, parseKept } from "./kept-result.ts";

/** What a handler gave for a message: `value` for its ticket to tell, or `error`, with which the ticket has failed. */
export interface NewResult {
  readonly partition: number;
  readonly offset: number;
  /** Any JSON value, at most 64 KiB as text. */
  readonly value?: unknown;
  /** In place of `value`: its JSON text, as `resultText` makes it. */
  readonly json?: string | undefined;
  /** At most 1,000 characters. */
  readonly error?: string | undefined;
}

/** Results that handlers gave for messages, kept for a while for their tickets. */
export class Results {
  readonly #context: Context;
  readonly #registry: GroupRegistry;

  constructor(context: Context, registry: GroupRegistry) {
    this.#context = context;
    this.#registry = registry;
  }

  /**
   * Keeps results for `ttlMs` (1 ms to 7 days; default 1 h) and wakes who waits for them. To be called before the messages
   * are settled: who dies in between gives them again, in the place of the former ones. One round trip, safe to repeat.
   * Refused with OVERLOADED while Redis is full: a message can be settled without its result.
   * @throws INVALID (nothing is kept then), OFFSET_OUT_OF_RANGE, PARTITION_NOT_FOUND, TOPIC_NOT_FOUND, GROUP_NOT_FOUND
   */
  async put(
    topic: string,
    group: string,
    results: readonly NewResult[],
    options: { readonly ttlMs?: number | undefined } = {},
  ): Promise<void> {
    const ttlMs = requireInteger("ttlMs", options.ttlMs ?? defaults.resultTtlMs, 1, limits.resultTtlMs);
    requireInteger("results", results.length, 0, limits.receiveMessages);
    const byPartition = new Map<number, ScriptArgument[]>();
    for (const [index, result] of results.entries()) {
      const args = resultArguments(result, `results[${index}].`);
      const list = byPartition.get(result.partition);
      if (list === undefined) byPartition.set(result.partition, args);
      else list.push(...args);
    }
    await this.#registry.run(topic, group, null, async (found, { name, groupId }) => {
      for (const partition of byPartition.keys()) requirePartition(found, partition);
      const puts = [...byPartition].map(([partition, list]) => {
        const { space } = this.#context;
        const address = addressOf(found, partition);
        const keys = { meta: keysOf(space, found, partition).meta, ...groupKeys(space, address, name) };
        const channel = resultsChannel(space, address);
        const args = { now: this.#context.scriptNow(), topicId: found.topicId, groupId, channel, ttlMs };
        return run(this.#context, putResults, keys, args, { args: list });
      });
      await Promise.all(puts);
    });
  }

  /** What is kept of a message; null when nothing is. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, PARTITION_NOT_FOUND */
  async get(topic: string, group: string, partition: number, offset: number): Promise<KeptResult | null> {
    requireInteger("offset", offset, 0, Number.MAX_SAFE_INTEGER);
    return this.#registry.run(topic, group, null, async (found, { name }) => {
      requirePartition(found, partition);
      return (await readKept(this.#context, found, name, partition, [offset], false))[0]!.result;
    });
  }
}

/** What is kept of one message. */
export interface Kept {
  readonly result: KeptResult | null;
  /** Why it was given up; null when it was not. */
  readonly failure: string | null;
}

/** What is kept of messages of a group in a partition, in order. With `wake`, the next result there wakes the waiting. */
export async function readKept(
  context: Context,
  topic: Topic,
  group: string,
  partition: number,
  offsets: readonly number[],
  wake: boolean,
): Promise<Kept[]> {
  const keys = {
    meta: keysOf(context.space, topic, partition).meta,
    ...groupKeys(context.space, addressOf(topic, partition), group),
  };
  const args = { now: context.scriptNow(), topicId: topic.topicId, wake: wake ? 1 : "" };
  const reply = await run(context, readResults, keys, args, { args: offsets });
  const [now, found] = reply as [number, (Buffer | [Buffer] | [])[]];
  return offsets.map((_, index) => {
    const [reason] = found[2 * index + 1] as [Buffer?];
    return {
      result: parseKept(found[2 * index] as Buffer, now),
      failure: reason === undefined ? null : reason.toString(),
    };
  });
}

function resultArguments({ offset, value, json, error }: NewResult, path: string): ScriptArgument[] {
  requireInteger(`${path}offset`, offset, 0, Number.MAX_SAFE_INTEGER);
  if (error !== undefined) return [offset, "error", error.slice(0, limits.reasonLength)];
  return [offset, "ok", json ?? resultText(value, `${path}value`)];
}

/** A result as JSON text; undefined is null. @throws INVALID when it has none, or one over its limit */
export function resultText(value: unknown, field: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value ?? null);
  } catch (cause) {
    throw new TidegateError("INVALID", `${field} cannot be written as JSON`, { field }, cause);
  }
  if (text === undefined) throw new TidegateError("INVALID", `${field} is not JSON`, { field });
  if (text.length > limits.resultBytes || Buffer.byteLength(text) > limits.resultBytes) {
    throw new TidegateError("INVALID", `${field} is over ${limits.resultBytes} bytes as JSON`, {
      field,
      limit: limits.resultBytes,
    });
  }
  return text;
}
