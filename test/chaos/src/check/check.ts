import type { History } from "../history/event.ts";
import { checkAppendOrder, checkStreams } from "./append-order.ts";
import { checkAttempts } from "./attempts.ts";
import { checkCommitted } from "./committed.ts";
import { checkConservation } from "./conservation.ts";
import { checkConsumeOrder } from "./consume-order.ts";
import { checkEarly } from "./early.ts";
import type { FinalState } from "./final-state.ts";
import type { Verdict } from "./finding.ts";
import { checkGate } from "./gate.ts";
import { checkGhosts } from "./ghosts.ts";
import { checkHolders } from "./holders.ts";
import { checkLimits } from "./limits.ts";
import { readRecord } from "./record.ts";
import { checkGaps, checkLostWrites, checkRepeatedValues, checkTwoValues } from "./written.ts";

/**
 * Holds a history and what was read back in the end against what is promised. A pure function: the same history gets
 * the same verdict. What is not known (a call without an answer) is never held against anybody.
 */
export function check(history: History, final: FinalState): Verdict {
  const record = readRecord(history, final);
  const { findings: lost, allowed } = checkLostWrites(record);
  const findings = [
    ...lost,
    ...[
      checkTwoValues,
      checkRepeatedValues,
      checkGaps,
      checkAppendOrder,
      checkStreams,
      checkConsumeOrder,
      checkCommitted,
      checkHolders,
      checkLimits,
      checkAttempts,
      checkConservation,
      checkEarly,
      checkGate,
      checkGhosts,
    ].flatMap((one) => one(record)),
  ];
  return { findings, allowedLosses: allowed };
}
