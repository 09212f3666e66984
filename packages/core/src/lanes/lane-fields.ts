import { deliveryFields, type Group, laneScheme } from "../groups/group.ts";
import type { RateLimit } from "../groups/rate-limit.ts";

/** What holds for the whole group: what is pinned, else what is set. */
export function effectiveLimits({ rate, concurrency, pin }: Group): {
  rate: RateLimit | null;
  concurrency: number | null;
} {
  return {
    rate: pin?.rate === undefined ? rate : pin.rate,
    concurrency: pin?.concurrency === undefined ? concurrency : pin.concurrency,
  };
}

/** The lanes' copy of their group's settings, as pairs of field and value. */
export function laneFields(group: Group): (string | number)[] {
  const { rate, concurrency } = effectiveLimits(group);
  const { perKey } = group;
  return Object.entries({
    wanted: laneScheme(group),
    ...deliveryFields(group),
    rateLimit: rate?.limit ?? "",
    rateIntervalMs: rate?.intervalMs ?? "",
    rateBurst: rate?.burst ?? "",
    concurrency: concurrency ?? "",
    keyRateLimit: perKey?.rate?.limit ?? "",
    keyRateIntervalMs: perKey?.rate?.intervalMs ?? "",
    keyRateBurst: perKey?.rate?.burst ?? "",
    keyConcurrency: perKey?.concurrency ?? "",
  }).flat();
}
