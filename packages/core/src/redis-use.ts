import { answerOf, type Context } from "./context.ts";
import { addressOf, isCluster } from "./redis/cluster-connection.ts";
import type { RedisConnection } from "./redis/connection.ts";
import { toTidegateError } from "./redis/errors.ts";

/** What one server of Redis uses, as it tells itself. */
export interface RedisUse {
  /** `host:port` of a cluster's node; null where there is one server. */
  readonly node: string | null;
  readonly usedBytes: number;
  /** As the system counts the process. */
  readonly residentBytes: number;
  /** From which use on writes are refused; null without a limit. */
  readonly maxBytes: number | null;
  readonly evictionPolicy: string;
  /** Whether it may drop keys, and with them messages, when it is full. */
  readonly mayEvict: boolean;
  readonly evictedKeys: number;
  readonly clients: number;
  /** Commands since its start, of whomever. */
  readonly commands: number;
}

/** Asks Redis, or each master of a cluster, by one command each. Throws as `send` does. */
export function readRedisUse(context: Context, timeoutMs: number): Promise<RedisUse[]> {
  const { redis } = context;
  const nodes: { node: string | null; connection: RedisConnection }[] = isCluster(redis)
    ? redis.nodes("master").map((connection) => ({ node: addressOf(connection), connection }))
    : [{ node: null, connection: redis }];
  return Promise.all(
    nodes.map(async ({ node, connection }) => {
      const asked = connection.callBuffer("INFO", "memory", "stats", "clients");
      try {
        return parse(node, String(await answerOf(context, timeoutMs, asked, "INFO")));
      } catch (error) {
        throw toTidegateError(error);
      }
    }),
  );
}

function parse(node: string | null, info: string): RedisUse {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const number = (name: string) => Number(field(name)) || 0;
  const evictionPolicy = field("maxmemory_policy");
  return {
    node,
    usedBytes: number("used_memory"),
    residentBytes: number("used_memory_rss"),
    maxBytes: number("maxmemory") || null,
    evictionPolicy,
    mayEvict: evictionPolicy !== "" && evictionPolicy !== "noeviction",
    evictedKeys: number("evicted_keys"),
    clients: number("connected_clients"),
    commands: number("total_commands_processed"),
  };
}
