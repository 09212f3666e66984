import type { Engine, RedisUse } from "@tidegate/core";
import { Gauge, type Registry } from "prom-client";
import { type Refreshed, Scraped } from "./scraped.ts";

/** Servers of Redis are asked again after so long. */
const freshMs = 10_000;

const figures: readonly (readonly [name: string, help: string, of: (use: RedisUse) => number | null])[] = [
  ["tidegate_redis_memory_used_bytes", "Bytes that Redis uses.", (use) => use.usedBytes],
  ["tidegate_redis_memory_resident_bytes", "Bytes that Redis's process has.", (use) => use.residentBytes],
  [
    "tidegate_redis_memory_max_bytes",
    "Bytes from which on Redis refuses writes (maxmemory); absent without a limit.",
    (use) => use.maxBytes,
  ],
  [
    "tidegate_redis_may_evict",
    "1 when maxmemory-policy is not noeviction: then Redis may drop messages.",
    (use) => (use.mayEvict ? 1 : 0),
  ],
  ["tidegate_redis_evicted_keys", "Keys that Redis has dropped since its start.", (use) => use.evictedKeys],
  ["tidegate_redis_clients", "Connections to Redis, of whomever.", (use) => use.clients],
  ["tidegate_redis_commands", "Commands that Redis carried out since its start.", (use) => use.commands],
];

/** Shows what Redis says of itself, by the node of a cluster; `node` is `single` where there is one server. */
export function memoryMetrics(registry: Registry, engine: Pick<Engine, "redisUse">): Refreshed {
  const source = new Scraped(
    () => engine.redisUse(),
    freshMs,
    (uses) => {
      for (const [index, [, , of]] of figures.entries()) {
        const gauge = gauges[index]!;
        gauge.reset();
        for (const use of uses ?? []) {
          const value = of(use);
          if (value !== null) gauge.set({ node: use.node ?? "single" }, value);
        }
      }
    },
  );
  const gauges = figures.map(
    ([name, help]) =>
      new Gauge({ name, help, labelNames: ["node"], registers: [registry], collect: () => source.refresh() }),
  );
  return source;
}
