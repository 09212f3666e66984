import { availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { findRedisServer } from "@tidegate/embedded-redis";

/** Where the figures were made: without it they mean nothing. */
export interface Machine {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryBytes: number;
  readonly os: string;
  readonly node: string;
  readonly redis: string;
}

export async function describeMachine(): Promise<Machine> {
  const { flavour, version } = await findRedisServer({ install: false });
  return {
    cpus: availableParallelism(),
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    memoryBytes: totalmem(),
    os: `${platform()} ${release()}`,
    node: process.versions.node,
    redis: `${flavour} ${version}`,
  };
}
