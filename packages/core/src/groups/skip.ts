import type { StoredMessage } from "../read/read-log.ts";

/**
 * Header of a message that was redriven after the log had lost its origin: it stands in the log again, for the group
 * that it names alone; other groups pass over it.
 */
export const onlyGroupHeader = "tidegate-only-group";

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
