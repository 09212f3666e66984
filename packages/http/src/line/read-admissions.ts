import { TidegateError } from "@tidegate/contracts";
import type { Engine, OutgoingMessage } from "@tidegate/core";
import type { Call } from "../call.ts";
import type { Publish } from "../wire/read-publish.ts";
import type { LineTokens } from "./line-tokens.ts";

/** Who knows the tokens of lines, and who needs none. */
export interface Doorkeeper {
  readonly lineTokensOf: (engine: Engine) => LineTokens | Promise<LineTokens>;
  readonly isAdmin: (call: Call) => boolean;
}

/**
 * The messages of a publish with the admissions that they carry; a caller with the scope `admin` needs none. Throws
 * ADMISSION_INVALID for one that this deployment did not make.
 */
export async function readAdmissions(
  call: Call,
  doorkeeper: Doorkeeper,
  engine: Engine,
  { messages, admissions }: Publish,
): Promise<readonly OutgoingMessage[]> {
  const waived = doorkeeper.isAdmin(call);
  if (admissions === null && !waived) return messages;
  const tokens = admissions === null ? null : await doorkeeper.lineTokensOf(engine);
  return messages.map((message, index) => {
    const text = admissions?.[index];
    if (text === undefined) return waived ? { ...message, admission: "waived" } : message;
    const admission = tokens!.openAdmission(text);
    if (admission !== null) return { ...message, admission };
    throw new TidegateError("ADMISSION_INVALID", "The admission was not made by this deployment", {
      field: `messages[${index}].admission`,
    });
  });
}
