import type { RedisConnection } from "../redis/connection.ts";
import { ask } from "./ask.ts";

/** What a server's clock showed. */
export interface ClockReading {
  /** How far it is ahead of the one of this process, in ms. */
  readonly leadMs: number;
  /** By how much that may be wrong, in ms: half a round trip. */
  readonly errorMs: number;
  /** What it showed, in ms since 1970. */
  readonly readAtMs: number;
}

/** Reads a server's clock a few times; the quickest answer tells it best. Null where TIME is refused. */
export async function readClock(
  connection: RedisConnection,
  { timeoutMs, now }: { readonly timeoutMs: number; readonly now: () => number },
): Promise<ClockReading | null> {
  let best: ClockReading | null = null;
  for (let round = 0; round < 5; round += 1) {
    const sentAt = performance.now();
    const answer = await ask(connection, timeoutMs, timeOf, "TIME");
    // Half a round trip, and half of the millisecond in which a clock counts.
    const errorMs = (performance.now() - sentAt) / 2 + 0.5;
    if (answer.kind !== "answered") break;
    const leadMs = answer.value - (now() + 1 - errorMs);
    if (best === null || errorMs < best.errorMs) best = { leadMs, errorMs, readAtMs: answer.value };
  }
  return best;
}

/** `TIME` in ms. */
function timeOf(reply: unknown): number {
  const [seconds, micros] = reply as [Buffer, Buffer];
  return Number(String(seconds)) * 1000 + Number(String(micros)) / 1000;
}
