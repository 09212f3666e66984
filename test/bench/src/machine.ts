import { availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { findRedisServer } from "@tidegate/embedded-redis";
import type { PeerServers } from "./peers/peer-servers.ts";

/** Where the figures were made: without it they mean nothing. */
export interface Machine {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryBytes: number;
  readonly os: string;
  readonly node: string;
  readonly redis: string;
  /** Versions of the brokers; null where they were not needed or are not here. */
  readonly rabbitmq: string | null;
  readonly nats: string | null;
}

export async function describeMachine(peers: PeerServers): Promise<Machine> {
  const { flavour, version } = await findRedisServer({ install: false });
  return {
    cpus: availableParallelism(),
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    memoryBytes: totalmem(),
    os: `${platform()} ${release()}`,
    node: process.versions.node,
    redis: `${flavour} ${version}`,
    rabbitmq: peers.rabbitmq?.version ?? null,
    nats: peers.nats?.version ?? null,
  };
}
