import type { DeadLetterPage } from "@tidegate/contracts";
import { type DeadLetterPage as Page, showMessage } from "@tidegate/core";

/** A page of dead letters as the wire shows it. */
export function showDeadLetters(page: Page): DeadLetterPage {
  return {
    messages: page.messages.map((letter) => ({
      ...showMessage(letter),
      partition: letter.partition,
      originOffset: letter.originOffset,
      attempts: letter.attempts,
      reason: letter.reason,
    })),
    next: page.next,
  };
}
