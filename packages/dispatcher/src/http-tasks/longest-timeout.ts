import { decodeHttpTask, httpTaskDefaults } from "@tidegate/contracts";
import type { DeliveredMessage } from "@tidegate/core";

/** For how long the longest of these calls may take; 0 without any. */
export function longestTimeout(messages: readonly DeliveredMessage[]): number {
  let longest = 0;
  for (const { value } of messages) {
    const task = decodeHttpTask(value);
    if (!("refusal" in task)) longest = Math.max(longest, task.timeoutMs ?? httpTaskDefaults.timeoutMs);
  }
  return longest;
}
