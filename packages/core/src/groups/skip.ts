import type { StoredMessage } from "../read/read-log.ts";
import { onlyGroupHeader } from "../reserved-headers.ts";

/** The offsets of messages that are for another group alone. */
export function skippedOffsets(messages: readonly StoredMessage[], group: string): number[] {
  const skipped: number[] = [];
  for (const { offset, headers } of messages) {
    if (headers.length === 0) continue;
    const only = headers.find(({ key }) => key === onlyGroupHeader);
    if (only?.value && Buffer.from(only.value).toString() !== group) skipped.push(offset);
  }
  return skipped;
}
