import { setTimeout as pause } from "node:timers/promises";
import { eventually, moveSlot, startRedis } from "@tidegate/testkit";
import type { AcksLevel } from "../history/event.ts";
import { type ClusterStage, startClusterStage } from "../stage/cluster-stage.ts";
import { type PairStage, startPairStage } from "../stage/pair-stage.ts";
import { type SingleStage, startSingleStage } from "../stage/single-stage.ts";
import type { Stage } from "../stage/stage.ts";

/** A fault whose cost is measured at each level of acks that its Redis offers. */
export interface LossCase {
  readonly name: string;
  readonly levels: readonly AcksLevel[];
  start(): Promise<Stage>;
  /** The key is one of the partition that is written to; `vanish` has a consumer forget the next lease that it gets. */
  inject(stage: Stage, key: string, vanish: () => void): Promise<void>;
}

const killAndRestart = async (stage: Stage) => {
  const { redis } = stage as SingleStage;
  await redis.kill("SIGKILL");
  await redis.restart();
};

const single = (kind: SingleStage["kind"]) => () => startSingleStage(kind);

async function failOver(stage: Stage, key: string, how: "kill" | "graceful"): Promise<void> {
  const cluster = stage as ClusterStage;
  const { owner } = await cluster.ownerOf(key);
  const [replica] = await cluster.replicasOf(owner);
  if (how === "kill") await owner.kill("SIGKILL");
  else await replica!.client().call("CLUSTER", "FAILOVER");
  await eventually("a replica takes over", async () => (await cluster.masters()).includes(replica!), 20_000);
  if (how === "kill") await owner.restart();
  await cluster.settled();
}

export const lossCases: readonly LossCase[] = [
  {
    name: "a consumer dies with a lease of up to 50 messages",
    levels: ["leader"],
    start: single("everysec"),
    inject: async (_stage, _key, vanish) => vanish(),
  },
  {
    name: "connections killed (`CLIENT KILL`)",
    levels: ["leader"],
    start: single("everysec"),
    inject: async (stage) => {
      await (stage as SingleStage).redis.client().call("CLIENT", "KILL", "TYPE", "normal");
    },
  },
  {
    name: "network: an answer cut in the middle",
    levels: ["leader"],
    start: single("everysec"),
    inject: async (stage) => {
      for (const proxy of stage.gateway!.proxies) proxy.cutMidReply();
    },
  },
  {
    name: "Redis hangs for 2 s (SIGSTOP)",
    levels: ["leader"],
    start: single("everysec"),
    inject: async (stage) => {
      const { redis } = stage as SingleStage;
      await redis.kill("SIGSTOP");
      await pause(2000);
      await redis.kill("SIGCONT");
    },
  },
  {
    name: "memory full for 1 s",
    levels: ["leader"],
    start: single("everysec"),
    inject: async (stage) => {
      const client = (stage as SingleStage).redis.client();
      await client.config("SET", "maxmemory", 1);
      await pause(1000);
      await client.config("SET", "maxmemory", 0);
      client.disconnect();
    },
  },
  {
    name: "Redis killed and restarted, AOF `always`",
    levels: ["leader", "fsync"],
    start: single("always"),
    inject: killAndRestart,
  },
  {
    name: "Redis killed and restarted, AOF `everysec`",
    levels: ["leader"],
    start: single("everysec"),
    inject: killAndRestart,
  },
  {
    name: "Redis killed and restarted from a snapshot 1 s old",
    levels: ["leader"],
    start: single("snapshot"),
    inject: async (stage) => {
      const client = (stage as SingleStage).redis.client();
      await client.save();
      client.disconnect();
      await pause(1000);
      await killAndRestart(stage);
    },
  },
  {
    name: "master killed, its replica promoted",
    levels: ["leader", "replicas"],
    start: startPairStage,
    inject: async (stage) => {
      const pair = stage as PairStage;
      await pair.master.kill("SIGKILL");
      await pair.promote(0);
      await pair.rejoin();
    },
  },
  {
    name: "the same, the replica 500 ms behind",
    levels: ["leader", "replicas"],
    start: startPairStage,
    inject: async (stage) => {
      const pair = stage as PairStage;
      await pair.replica.kill("SIGSTOP");
      await pause(500);
      await pair.master.kill("SIGKILL");
      await pair.replica.kill("SIGCONT");
      await pair.promote(0);
      await pair.rejoin();
    },
  },
  {
    name: "replica promoted, clients stay with the former master for 300 ms",
    levels: ["leader", "replicas"],
    start: startPairStage,
    inject: async (stage) => {
      const pair = stage as PairStage;
      await pair.promote(300);
      await pair.rejoin();
    },
  },
  {
    name: "cluster: a master killed, failover (node timeout 1 s)",
    levels: ["leader", "replicas"],
    start: startClusterStage,
    inject: (stage, key) => failOver(stage, key, "kill"),
  },
  {
    name: "cluster: `CLUSTER FAILOVER`",
    levels: ["leader", "replicas"],
    start: startClusterStage,
    inject: (stage, key) => failOver(stage, key, "graceful"),
  },
  {
    name: "cluster: the partition's slot moved to another master",
    levels: ["leader", "replicas"],
    start: startClusterStage,
    inject: async (stage, key) => {
      const cluster = stage as ClusterStage;
      const { slot, owner } = await cluster.ownerOf(key);
      const target = (await cluster.masters()).find((master) => master !== owner)!;
      await moveSlot(cluster.cluster, slot, owner, target);
    },
  },
];

/** Whether this machine's Redis knows WAITAOF, without which `fsync` needs appendfsync always. */
export async function knowsWaitAof(): Promise<{ version: string; waitAof: boolean }> {
  const redis = await startRedis();
  try {
    const client = redis.client();
    const version = /redis_version:(\S+)/.exec(await client.info("server"))?.[1] ?? "unknown";
    const [known] = (await client.call("COMMAND", "INFO", "WAITAOF")) as unknown[];
    return { version, waitAof: Boolean(known) };
  } finally {
    await redis.stop();
  }
}
