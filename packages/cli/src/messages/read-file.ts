import { closeSync, openSync, readSync } from "node:fs";
import { UsageError } from "../usage-error.ts";

const chunkBytes = 256 * 1024;

/**
 * The bytes of a file, a piece at a time. They are read where they are wanted and not in a thread beside: from a file on a disk
 * that takes less time than to wake the thread. Throws UsageError when it cannot be read.
 */
export function* readFile(path: string): Generator<Uint8Array, void, undefined> {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(chunkBytes);
      const bytes = readSync(file, chunk);
      if (bytes === 0) return;
      yield chunk.subarray(0, bytes);
    }
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
