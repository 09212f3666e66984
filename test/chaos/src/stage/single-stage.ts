import { eventually, startRedis, type TestRedis } from "@tidegate/testkit";
import { type Gateway, startGateway } from "./gateway.ts";
import type { Stage } from "./stage.ts";

/** One Redis behind a gateway. */
export interface SingleStage extends Stage {
  readonly kind: "everysec" | "always" | "snapshot";
  readonly redis: TestRedis;
  readonly gateway: Gateway;
}

/** `snapshot`: no append-only file; what a fault saves is what is left after the next crash. */
export async function startSingleStage(kind: SingleStage["kind"]): Promise<SingleStage> {
  const redis = await startRedis({ appendonly: kind === "snapshot" ? "no" : kind });
  const gateway = await startGateway(redis.port);
  const watch = redis.client({ retryStrategy: () => 20, maxRetriesPerRequest: null });
  return {
    kind,
    redis,
    gateway,
    acks: kind === "always" ? "fsync" : "leader",
    address: { kind: "single", port: gateway.proxies[0]!.port },
    serverUrl: gateway.proxies[1]!.url,
    masters: async () => (redis.running ? [redis] : []),
    control: () => redis.client({ retryStrategy: () => 20, maxRetriesPerRequest: null }),
    settled: async () => {
      await eventually("Redis answers", async () => (await watch.ping()) === "PONG");
    },
    async stop() {
      await gateway.stop();
      await redis.stop();
    },
  };
}
