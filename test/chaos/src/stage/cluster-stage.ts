import {
  eventually,
  masterOf,
  replicasCatchUp,
  startCluster,
  type TestCluster,
  type TestRedis,
} from "@tidegate/testkit";
import type { Stage } from "./stage.ts";

/** Three masters with a replica each. */
export interface ClusterStage extends Stage {
  readonly kind: "cluster";
  readonly cluster: TestCluster;
  /** The node that serves a key. */
  ownerOf(key: string): Promise<{ slot: number; owner: TestRedis }>;
  /** The replicas of a master. */
  replicasOf(master: TestRedis): Promise<TestRedis[]>;
}

export async function startClusterStage(): Promise<ClusterStage> {
  const cluster = await startCluster({
    masters: 3,
    replicasPerMaster: 1,
    appendonly: "everysec",
    nodeTimeoutMs: 1000,
  });
  const controls = new Map(
    cluster.nodes.map((node) => [node, node.client({ retryStrategy: () => 50, commandTimeout: 3000 })]),
  );
  const roles = async () => {
    const running = cluster.nodes.filter(({ running }) => running);
    return Promise.all(
      running.map(async (node) => {
        const info = await controls.get(node)!.info("replication");
        return { node, info, isMaster: info.includes("role:master") };
      }),
    );
  };
  const masters = async () => (await roles()).filter(({ isMaster }) => isMaster).map(({ node }) => node);
  return {
    kind: "cluster",
    cluster,
    acks: "replicas",
    address: { kind: "cluster", ports: cluster.nodes.map(({ port }) => port) },
    serverUrl: cluster.urls.join(","),
    gateway: null,
    masters,
    control: () =>
      cluster.client({ clusterRetryStrategy: () => 50, redisOptions: { maxRetriesPerRequest: null } }),
    async ownerOf(key) {
      const slot = Number(
        await controls.get(cluster.nodes.find(({ running }) => running)!)!.call("CLUSTER", "KEYSLOT", key),
      );
      const owner = await eventually("the slot has an owner", () => masterOf(cluster, slot));
      return { slot, owner };
    },
    async replicasOf(master) {
      return (await roles())
        .filter(({ info }) => info.includes("role:slave") && info.includes(`master_port:${master.port}\r`))
        .map(({ node }) => node);
    },
    async settled() {
      await cluster.settled();
      const list = await eventually("there are three masters", async () => {
        const found = await masters();
        return found.length === 3 && found;
      });
      await Promise.all(list.map((master) => replicasCatchUp(controls.get(master)!, 20_000)));
    },
    stop: () => cluster.stop(),
  };
}
