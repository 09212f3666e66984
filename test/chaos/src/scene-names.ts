import type { GroupSettings, TopicSettings } from "@tidegate/core";

const backoff = { initialMs: 30, maxMs: 400, factor: 2 };

/** The topics and groups of an episode. */
export const scene = {
  /** Everything but gates; grows. */
  main: "main",
  mostPartitions: 7,
  /** Read through the worker SDK: as it comes, and in order. */
  work: "work",
  line: "line",
  /** Read by receive and settle: in order; over HTTP; and one that operators seek, redrive and pause. */
  row: "row",
  http: "http",
  tour: "tour",
  /** Out of lanes: so many at once, and of each key. */
  keys: "keys",
  /** Ordered by key, with limits by key. */
  chain: "chain",
  /** Deleted and made anew. */
  side: "side",
  /** As receive would make it, but for its name. */
  sideGroup: { name: "side-work", settings: { maxDeliveries: 5 } satisfies GroupSettings },
  /** Behind a gate with a stock and a limit for each key. */
  sale: "sale",
  /** Behind a gate with a capacity. */
  tight: "tight",
  drain: "drain",
  tightCapacity: 40,
} as const;

export const sideSettings: TopicSettings = { partitions: 2 };

/** Deliveries are few and pauses short, so that poison messages come to their end in time. */
export const mainGroups: readonly { readonly name: string; readonly settings: GroupSettings }[] = [
  { name: scene.work, settings: { ordering: "none", maxDeliveries: 4, leaseMs: 1500, backoff } },
  { name: scene.line, settings: { ordering: "partition", maxDeliveries: 3, leaseMs: 1500, backoff } },
  { name: scene.row, settings: { ordering: "partition", maxDeliveries: 3, leaseMs: 1500, backoff } },
  { name: scene.http, settings: { ordering: "none", maxDeliveries: 5, leaseMs: 1500, backoff } },
  {
    name: scene.keys,
    settings: { concurrency: 80, perKey: { concurrency: 20 }, maxDeliveries: 4, leaseMs: 1500, backoff },
  },
  {
    name: scene.chain,
    settings: {
      ordering: "key",
      perKey: { concurrency: 6, rate: { limit: 60, intervalMs: 1000, burst: 20 } },
      maxDeliveries: 4,
      leaseMs: 1500,
      backoff,
    },
  },
  { name: scene.tour, settings: { ordering: "none", maxDeliveries: 4, leaseMs: 1500, backoff } },
];

/** The gate of a sale. */
export function gatePutOf(sale: number) {
  return { id: `sale-${sale}`, stock: 60, perKey: { limit: 3, windowMs: null } };
}
