/** When the append-only file reaches the disk; `no`: there is none. */
export type AppendOnly = "no" | "everysec" | "always";

export const LOOPBACK = "127.0.0.1";

export interface RedisConfiguration {
  port: number;
  appendonly: AppendOnly;
  /** Lines of redis.conf, put after the ones made here, so they win. */
  lines: readonly string[];
}

/** The text of a redis.conf: loopback only, no snapshots, and never an eviction, since that would lose messages. */
export function redisConfiguration({ port, appendonly, lines }: RedisConfiguration): string {
  const all = [
    `bind ${LOOPBACK}`,
    `port ${port}`,
    'save ""',
    "maxmemory-policy noeviction",
    `appendonly ${appendonly === "no" ? "no" : "yes"}`,
    ...(appendonly === "no" ? [] : [`appendfsync ${appendonly}`]),
    ...lines,
  ];
  return `${all.join("\n")}\n`;
}
