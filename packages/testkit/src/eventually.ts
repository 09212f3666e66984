import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again every few milliseconds until the answer is neither undefined, null nor false; for what tells no event, such
 * as a replica's state. An error counts as "not yet" and is the cause of the final one.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause });
    await sleep(10);
  }
}
