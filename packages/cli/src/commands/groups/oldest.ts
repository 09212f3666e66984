import type { Client } from "@tidegate/client";
import { type GroupPartition, TidegateError } from "@tidegate/contracts";
import { sideBySide } from "../../side-by-side.ts";

const readsAtATime = 16;

/**
 * For each partition, when its oldest message that has not ended was written; null where all have, or where this may not
 * be read. That is a read of one message for each partition with a lag.
 */
export function oldestOf(
  client: Client,
  topic: string,
  partitions: readonly GroupPartition[],
  signal: AbortSignal,
): Promise<(number | null)[]> {
  return sideBySide(partitions, readsAtATime, async ({ partition, committed, lag }) => {
    if (lag === 0) return null;
    const readFrom = (from: number | "earliest") =>
      client.read(topic, partition, { from, limit: 1 }, { signal });
    try {
      const { messages } = await readFrom(committed).catch((error: unknown) => {
        // What retention takes meanwhile is no longer there to be read: then the first that is.
        if (hasCode(error, "OFFSET_OUT_OF_RANGE")) return readFrom("earliest");
        throw error;
      });
      return messages[0]?.timestamp ?? null;
    } catch (error) {
      // A token may describe a group and not read its topic.
      if (hasCode(error, "FORBIDDEN")) return null;
      throw error;
    }
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof TidegateError && error.code === code;
}
