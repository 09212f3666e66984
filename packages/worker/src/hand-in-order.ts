import type { Chunk } from "./chunk.ts";
import { isPromise } from "./is-promise.ts";
import type { Verdicts } from "./verdicts.ts";
import type { MessageHandler } from "./worker-options.ts";

/**
 * Hands the messages of a chunk to a handler, one after the other, until `isOver`. Synchronous handlers cost no turn
 * of the queue. Never throws.
 */
export async function handInOrder(
  chunk: Chunk,
  handler: MessageHandler,
  verdicts: Verdicts,
  isOver: () => boolean,
): Promise<void> {
  while (chunk.next < chunk.messages.length && !isOver()) {
    const index = chunk.next++;
    try {
      const result = handler(chunk.messages[index]!, chunk.context);
      verdicts.returned(chunk, index, isPromise(result) ? await result : result);
    } catch (thrown) {
      verdicts.threw(chunk, index, thrown);
    }
  }
}
