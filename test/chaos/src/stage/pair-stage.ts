import { replicasCatchUp, startReplicaPair, type TestRedis } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { type Gateway, startGateway } from "./gateway.ts";
import type { Stage } from "./stage.ts";

/** A master and a replica that take turns. */
export interface PairStage extends Stage {
  readonly kind: "pair";
  readonly gateway: Gateway;
  readonly master: TestRedis;
  readonly replica: TestRedis;
  /** The replica becomes the master; the clients are moved there after so long. */
  promote(clientsFollowAfterMs: number): Promise<void>;
  /** The former master, started if it does not run, follows the new one; waits until it is in step. */
  rejoin(): Promise<void>;
}

export async function startPairStage(): Promise<PairStage> {
  const pair = await startReplicaPair();
  const gateway = await startGateway(pair.master.port);
  let { master, replica } = pair;
  const control = async <T>(server: TestRedis, ask: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = server.client({ commandTimeout: 5000 });
    try {
      return await ask(redis);
    } finally {
      redis.disconnect();
    }
  };
  const settled = async () => {
    await control(master, (redis) => replicasCatchUp(redis, 20_000));
  };
  const followers: Redis[] = [];
  return {
    kind: "pair",
    gateway,
    acks: "replicas",
    get master() {
      return master;
    },
    get replica() {
      return replica;
    },
    address: { kind: "single", port: gateway.proxies[0]!.port },
    serverUrl: gateway.proxies[1]!.url,
    masters: async () => (master.running ? [master] : []),
    control() {
      // Follows the gateway's own moves: a client of a managed Redis has one address.
      const client = new Redis(gateway.proxies[1]!.port, "127.0.0.1", {
        retryStrategy: () => 20,
        maxRetriesPerRequest: null,
        reconnectOnError: (error) => (error.message.startsWith("READONLY") ? 2 : false),
      });
      client.on("error", () => {});
      followers.push(client);
      return client;
    },
    async promote(clientsFollowAfterMs) {
      await control(replica, (redis) => redis.replicaof("NO", "ONE"));
      [master, replica] = [replica, master];
      await new Promise((resolve) => setTimeout(resolve, clientsFollowAfterMs));
      gateway.retarget(master.port);
    },
    async rejoin() {
      if (!replica.running) await replica.restart();
      await control(replica, (redis) => redis.replicaof(master.host, master.port));
      await settled();
    },
    settled,
    async stop() {
      for (const follower of followers) follower.disconnect();
      await gateway.stop();
      await pair.stop();
    },
  };
}
