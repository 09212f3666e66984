import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { Redis } from "ioredis";

/** Commands that clients have sent since; what scripts call is not counted. `stop` ends the counting. */
export interface CommandCounter {
  readonly count: number;
  readonly names: ReadonlyMap<string, number>;
  stop(): void;
}

/** Counts the commands that a Redis is sent, as MONITOR tells them. */
export async function countCommands({ host, port }: EmbeddedRedis): Promise<CommandCounter> {
  const client = new Redis(port, host);
  const monitor = await client.monitor();
  const names = new Map<string, number>();
  let count = 0;
  monitor.on("monitor", (_time: string, args: string[], source: string) => {
    if (source === "lua") return;
    count += 1;
    const name = args[0]!.toLowerCase();
    names.set(name, (names.get(name) ?? 0) + 1);
  });
  return {
    get count() {
      return count;
    },
    names,
    stop() {
      monitor.disconnect();
      client.disconnect();
    },
  };
}
