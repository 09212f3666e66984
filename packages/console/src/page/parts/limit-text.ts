import type { Pin, RateLimit } from "@tidegate/contracts";
import { spanText } from "../format/durations.ts";
import { countText } from "../format/numbers.ts";

/** `100 in 1 s, 10 at once`. */
export function rateLimitText(rate: RateLimit | null): string {
  if (rate === null) return "no limit";
  const burst = rate.burst === rate.limit ? "" : `, ${countText(rate.burst)} at once`;
  return `${countText(rate.limit)} in ${spanText(rate.intervalMs)}${burst}`;
}

export function concurrencyText(concurrency: number | null): string {
  return concurrency === null ? "no limit" : `${countText(concurrency)} in flight`;
}

/** What a pin holds to; a field that it leaves out follows the settings. */
export function pinText(pin: Pin): string {
  const parts = [
    pin.rate !== undefined && `rate ${rateLimitText(pin.rate)}`,
    pin.concurrency !== undefined && concurrencyText(pin.concurrency),
  ].filter(Boolean);
  return parts.length === 0 ? "nothing" : parts.join(", ");
}
