import { type ErrorCode, type LineState, TidegateError } from "@tidegate/contracts";
import type { LineStanding } from "./line.ts";

/** The error that a script's refusal stands for. */
export function lineRefusal(code: string, retryAfterMs: number): TidegateError {
  if (code === "INVALID")
    return new TidegateError("INVALID", "visitor is not of this waiting line", { field: "visitor" });
  const details = retryAfterMs > 0 ? { retryAfterMs } : {};
  return new TidegateError(code as ErrorCode, undefined, details);
}

/** Reads the answer of `view-line`. */
export function parseStanding(reply: readonly (Buffer | number)[]): LineStanding {
  const number = (at: number) => Number(reply[at]);
  const text = (at: number) => String(reply[at]);
  const numberOrNull = (at: number) => (text(at) === "" ? null : number(at));
  const rate = numberOrNull(14);
  return {
    line: text(1),
    view: {
      id: text(2),
      state: text(3) as LineState,
      at: number(0),
      opensAt: number(4),
      startsAt: number(5),
      joined: number(6),
      shuffled: numberOrNull(7),
      commitment: text(8),
      seed: text(9) || null,
      serving: number(10),
      head: number(11),
      heartbeatMs: number(12),
      admissionMs: number(13),
      ratePerSecond: rate === null ? null : Math.round(rate * 100) / 100,
    },
    lag: number(15),
    called: number(16),
    admitted: number(17),
    returned: number(18),
  };
}
