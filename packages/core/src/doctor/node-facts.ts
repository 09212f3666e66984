import type { RedisConnection } from "../redis/connection.ts";
import { type Answer, answered, ask } from "./ask.ts";
import { type ClockReading, readClock } from "./read-clock.ts";

/** Settings that a doctor asks for. None of them is a secret. */
const settingNames = [
  "appendfsync",
  "save",
  "stop-writes-on-bgsave-error",
  "no-appendfsync-on-rewrite",
  "min-replicas-to-write",
  "timeout",
  "tcp-keepalive",
  "client-output-buffer-limit",
  "busy-reply-threshold",
  "notify-keyspace-events",
  "disable-thp",
] as const;

export type SettingName = (typeof settingNames)[number];

/** A command that took long, as Redis noted it. */
export interface SlowCommand {
  readonly atMs: number;
  readonly ms: number;
  readonly name: string;
}

/** Everything that one server tells of itself. */
export interface NodeFacts {
  /** `host:port` in a cluster; null for the one server. */
  readonly node: string | null;
  /** Fields of INFO; empty where it is refused. */
  readonly info: ReadonlyMap<string, string>;
  readonly infoRefusal: string | null;
  /** Settings that were told. */
  readonly settings: ReadonlyMap<SettingName, string>;
  readonly clusterInfo: Answer<ReadonlyMap<string, string>> | null;
  readonly clusterNodes: Answer<readonly ClusterMember[]> | null;
  readonly slowCommands: Answer<readonly SlowCommand[]>;
  /** Whether scripts may be run and messages published. */
  readonly script: Answer<unknown>;
  readonly publish: Answer<unknown>;
  /** Round trips of PING, in ms, ascending. */
  readonly roundTripsMs: readonly number[];
  /** Null where TIME is refused. */
  readonly clock: ClockReading | null;
}

/** A node as another one sees it. */
export interface ClusterMember {
  readonly id: string;
  readonly address: string;
  readonly flags: readonly string[];
  /** Id of its master; null for a master. */
  readonly master: string | null;
  readonly connected: boolean;
  readonly hasSlots: boolean;
  /** Slots on their way from or to it. */
  readonly moving: number;
}

/** How a node is asked. */
export interface Asking {
  /** For each question. */
  readonly timeoutMs: number;
  readonly now: () => number;
  /** A channel that nobody listens to. */
  readonly channel: string;
}

/** Asks one server everything, in a few round trips. The reason when it does not answer at all. */
export async function readNodeFacts(
  node: string | null,
  connection: RedisConnection,
  asking: Asking,
): Promise<NodeFacts | string> {
  const { timeoutMs } = asking;
  const text = String as (reply: unknown) => string;
  const first = await ask(connection, timeoutMs, text, "PING");
  if (first.kind === "silent") return first.reason;
  const [info, slowCommands, script, publish, ...settings] = await Promise.all([
    ask(connection, timeoutMs, (reply) => parseInfo(text(reply)), "INFO"),
    ask(connection, timeoutMs, parseSlowCommands, "SLOWLOG", "GET", 128),
    ask(connection, timeoutMs, text, "EVAL", "#!lua flags=no-writes\nreturn 1", 0),
    ask(connection, timeoutMs, text, "PUBLISH", asking.channel, ""),
    ...settingNames.map((name) => ask(connection, timeoutMs, settingOf, "CONFIG", "GET", name)),
  ]);
  if (info.kind === "silent") return info.reason;
  const fields = answered(info) ?? new Map<string, string>();
  const isCluster = fields.get("cluster_enabled") === "1" || fields.get("redis_mode") === "cluster";
  const [clusterInfo, clusterNodes] = isCluster
    ? await Promise.all([
        ask(connection, timeoutMs, (reply) => parseInfo(text(reply)), "CLUSTER", "INFO"),
        ask(connection, timeoutMs, (reply) => parseMembers(text(reply)), "CLUSTER", "NODES"),
      ])
    : [null, null];
  const told = settingNames.flatMap((name, index) => {
    const value = answered(settings[index]!);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    node,
    info: fields,
    infoRefusal: info.kind === "refused" ? info.reason : null,
    settings: new Map(told),
    clusterInfo,
    clusterNodes,
    slowCommands,
    script,
    publish,
    roundTripsMs: await measureRoundTrips(connection, timeoutMs),
    clock: await readClock(connection, asking),
  };
}

/** How many rounds are measured, and for how long at most. */
const rounds = 100;
const measuredMs = 500;

async function measureRoundTrips(connection: RedisConnection, timeoutMs: number): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + measuredMs;
  while (times.length < rounds && (times.length < 3 || performance.now() < until)) {
    const sentAt = performance.now();
    if ((await ask(connection, timeoutMs, String, "PING")).kind !== "answered") break;
    times.push(performance.now() - sentAt);
  }
  return times.sort((one, other) => one - other);
}

/** `field:value` lines. */
export function parseInfo(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0 && line[0] !== "#") fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** Null where Redis does not know the setting. */
function settingOf(reply: unknown): string | null {
  const value = (reply as unknown[])[1];
  return value === undefined ? null : String(value);
}

/** The command's name alone: its arguments may be messages. */
function parseSlowCommands(reply: unknown): SlowCommand[] {
  return (reply as [number, number, number, Buffer[]][]).map(([, at, micros, args]) => ({
    atMs: at * 1000,
    ms: micros / 1000,
    name: String(args[0]).toUpperCase(),
  }));
}

/** `CLUSTER NODES`: id, address, flags, master, ping, pong, epoch, link, slots. */
export function parseMembers(text: string): ClusterMember[] {
  const members: ClusterMember[] = [];
  for (const line of text.split("\n")) {
    const [id, address, flags, master, , , , link, ...slots] = line.trim().split(" ");
    if (id === undefined || address === undefined || flags === undefined) continue;
    members.push({
      id,
      address: address.replace(/@.*$/, ""),
      flags: flags.split(","),
      master: master === undefined || master === "-" ? null : master,
      connected: link === "connected",
      hasSlots: slots.some((slot) => !slot.startsWith("[")),
      moving: slots.filter((slot) => slot.startsWith("[")).length,
    });
  }
  return members;
}
