import type { RedisConnection } from "./connection.ts";

/** One node of a cluster, and where it is. */
export interface NodeConnection extends RedisConnection {
  readonly options: { readonly host?: string; readonly port?: number };
}

/** What a cluster client offers beyond a single one. */
export interface ClusterConnection extends RedisConnection {
  nodes(role: "all" | "master"): NodeConnection[];
}

/** Whether a client speaks to a cluster. */
export function isCluster(redis: RedisConnection): redis is ClusterConnection {
  return typeof (redis as Partial<ClusterConnection>).nodes === "function";
}

/** `host:port` of a node. */
export function addressOf({ options }: NodeConnection): string {
  return `${options.host}:${options.port}`;
}
