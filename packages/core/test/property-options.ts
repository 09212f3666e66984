import type { Parameters as CheckOptions } from "fast-check";

/**
 * How often a property is tried: a share of TIDEGATE_PROPERTY_RUNS (10,000 sequences in all by default). A failure prints
 * its seed and path; TIDEGATE_PROPERTY_SEED begins with that seed again.
 */
export function propertyOptions<T>(share: number): CheckOptions<T> {
  const runs = Number(process.env.TIDEGATE_PROPERTY_RUNS ?? 10_000);
  const seed = process.env.TIDEGATE_PROPERTY_SEED;
  return { numRuns: Math.ceil(runs * share), ...(seed === undefined ? {} : { seed: Number(seed) }) };
}
