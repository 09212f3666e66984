import type { KeySpace } from "../keys.ts";
import type { RedisConnection } from "../redis/connection.ts";
import { ask } from "./ask.ts";
import { keyOwners } from "./key-owner.ts";

/** What keys a server has in a namespace. */
export interface KeysFound {
  /** Keys that were looked at, of whomever. */
  readonly looked: number;
  /** Whether that were all. */
  readonly isWhole: boolean;
  /** Of the namespace, and of nothing that this version knows: how many, and some of them. */
  readonly unknown: number;
  readonly examples: readonly string[];
  /** Topics that keys were found of. */
  readonly topics: ReadonlySet<string>;
}

/** At most so many are looked at, a thousand at a time, and for no longer: a sample where there are millions. */
const maximumSteps = 200;
const scanMs = 1000;

/** Looks through the keys of one server, in steps that hold it up for a millisecond. The reason where that is refused. */
export async function scanKeys(
  connection: RedisConnection,
  space: KeySpace,
  timeoutMs: number,
): Promise<KeysFound | string> {
  const ownerOf = keyOwners(space);
  const topics = new Set<string>();
  const examples: string[] = [];
  let [looked, unknown, cursor] = [0, 0, "0"];
  const until = performance.now() + scanMs;
  for (let step = 0; step < maximumSteps && performance.now() < until; step += 1) {
    const answer = await ask(connection, timeoutMs, pageOf, "SCAN", cursor, "COUNT", 1000);
    if (answer.kind !== "answered") return answer.reason;
    for (const key of answer.value.keys) {
      looked += 1;
      const owner = ownerOf(key);
      if (typeof owner === "object") topics.add(owner.topic);
      if (owner !== "unknown") continue;
      unknown += 1;
      if (examples.length < 3) examples.push(key);
    }
    cursor = answer.value.cursor;
    if (cursor === "0") return { looked, isWhole: true, unknown, examples, topics };
  }
  return { looked, isWhole: false, unknown, examples, topics };
}

function pageOf(reply: unknown): { cursor: string; keys: string[] } {
  const [cursor, keys] = reply as [Buffer, Buffer[]];
  return { cursor: String(cursor), keys: keys.map(String) };
}
