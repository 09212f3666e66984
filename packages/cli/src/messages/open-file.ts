import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { UsageError } from "../usage-error.ts";
import type { Source } from "./input-messages.ts";

const chunkBytes = 256 * 1024;

/** What a file holds, a piece at a time. Throws UsageError when it cannot be read. */
export async function openFile(path: string): Promise<Source> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error("it is a directory");
    // What is no file on a disk, a pipe say, would hold up everything else while it is waited for.
    if (!found.isFile()) return createReadStream(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  return readFile(path);
}

/**
 * The pieces are read where they are wanted and not in a thread beside: from a file on a disk that takes less time than to
 * wake the thread.
 */
function* readFile(path: string): Generator<Uint8Array, void, undefined> {
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
    throw unreadable(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function unreadable(path: string, error: unknown): UsageError {
  return new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
}
