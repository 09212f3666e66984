import { type SettleRequest, type SettleResponse, TidegateError } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";

type Results = NonNullable<SettleRequest["results"]>;

/**
 * Settles a lease, its results first: who dies in between settles again, and they take the place of the former. They are
 * kept only in the name of a lease that is held, so that a late consumer's do not hide those of the next.
 */
export async function settle(
  engine: Engine,
  topic: string,
  group: string,
  lease: string,
  { results, resultTtlMs, ...outcome }: SettleRequest,
): Promise<SettleResponse> {
  const resultsKept =
    results === undefined ? null : await keepResults(engine, topic, group, lease, results, resultTtlMs);
  const { acked, retried, released, deadLettered } = await engine.groups.settle(topic, group, lease, outcome);
  const settled = { acked, retried, released, deadLettered };
  return resultsKept === null ? settled : { ...settled, resultsKept };
}

async function keepResults(
  engine: Engine,
  topic: string,
  group: string,
  lease: string,
  results: Results,
  ttlMs: number | undefined,
): Promise<number> {
  if (results.length === 0) return 0;
  try {
    await engine.groups.extend(topic, group, lease, { leaseMs: "keep" });
    const partition = Number.parseInt(lease, 10);
    const named = results.map(({ offset, value }) => ({ partition, offset, value }));
    await engine.results.put(topic, group, named, { ttlMs });
    return results.length;
  } catch (error) {
    const code = error instanceof TidegateError ? error.code : null;
    // Settling tells: a lease that has ended may have been settled in the same way before.
    if (code === "LEASE_LOST") return 0;
    // Whatever is full has to be drained.
    if (code === "OVERLOADED") return 0;
    throw error;
  }
}
