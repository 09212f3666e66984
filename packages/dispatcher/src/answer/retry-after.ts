import { limits } from "@tidegate/contracts";

/** Names of days and months: what else `Date.parse` takes for a date is none of HTTP's. */
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/**
 * How long a Retry-After asks to wait, at most an hour: seconds, or an HTTP date by the clock of `now`. Null when it says
 * nothing that can be understood.
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const asked = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : untilDate(text, now);
  return asked === null ? null : Math.min(Math.max(0, Math.ceil(asked)), limits.pushRetryAfterMs);
}

function untilDate(text: string, now: number): number | null {
  const at = httpDate.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at - now;
}
