import { freePort } from "@tidegate/embedded-redis";
import { Cluster, type ClusterOptions, type Redis } from "ioredis";
import { eventually } from "./eventually.ts";
import { startRedis, type TestRedis, type TestRedisOptions } from "./start-redis.ts";

const SLOTS = 16_384;

export interface TestClusterOptions extends TestRedisOptions {
  /** Default: 3, the fewest that can agree on a failover. */
  masters?: number;
  /** Default: 0. */
  replicasPerMaster?: number;
  /** How soon a silent node counts as failed. Default: 5,000, with replicas 1,500. */
  nodeTimeoutMs?: number;
}

/** ioredis's options, less the one that changes the type of every reply. */
export type TestClusterClientOptions = Omit<ClusterOptions, "redisOptions"> & {
  redisOptions?: Omit<NonNullable<ClusterOptions["redisOptions"]>, "replyMapping">;
};

/** A real Redis Cluster on loopback. */
export interface TestCluster {
  /** The masters, then the replicas: the first replica of each master, then the second, … Roles change after a failover. */
  readonly nodes: readonly TestRedis[];
  readonly urls: readonly string[];
  /** A new cluster client, closed by `stop`. */
  client(options?: TestClusterClientOptions): Cluster;
  /** Waits until every node that runs says that the cluster is whole. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the nodes, gives each master an equal share of the slots, and waits until all nodes say `cluster_state:ok`.
 * Takes a little over two seconds: a fresh master refuses writes for that long.
 */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const masters = options.masters ?? 3;
  const replicas = masters * (options.replicasPerMaster ?? 0);
  const nodeTimeoutMs = options.nodeTimeoutMs ?? (replicas === 0 ? 5_000 : 1_500);
  const started = await Promise.allSettled(
    Array.from({ length: masters + replicas }, async () => {
      const busPort = await freePort();
      return {
        busPort,
        redis: await startRedis({ ...options, config: nodeConfig(busPort, nodeTimeoutMs, options) }),
      };
    }),
  );
  const nodes = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const clients: Cluster[] = [];
  const redises = nodes.map((node) => node.redis);
  const controls = redises.map((redis) => redis.client());
  const stop = async () => {
    for (const client of clients) client.disconnect();
    await Promise.all(redises.map((redis) => redis.stop()));
  };
  const settled = () => waitUntilWhole(redises, controls);

  try {
    for (const result of started) if (result.status === "rejected") throw result.reason;
    await joinNodes(nodes, controls, masters);
    await settled();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes: redises,
    urls: redises.map((redis) => redis.url),
    client(clientOptions = {}) {
      const client = new Cluster(
        redises.map(({ host, port }) => ({ host, port })),
        clientOptions,
      );
      client.on("error", () => {});
      clients.push(client);
      return client;
    },
    settled,
    stop,
  };
}

function nodeConfig(busPort: number, nodeTimeoutMs: number, options: TestClusterOptions): string[] {
  return [
    "cluster-enabled yes",
    // Redis's own choice, port + 10,000, is beyond 65,535 for most free ports.
    `cluster-port ${busPort}`,
    `cluster-node-timeout ${nodeTimeoutMs}`,
    "cluster-replica-validity-factor 0",
    ...(options.config ?? []),
  ];
}

async function joinNodes(
  nodes: readonly { busPort: number; redis: TestRedis }[],
  controls: readonly Redis[],
  masters: number,
): Promise<void> {
  // Refused by a node that was met already.
  await Promise.all(controls.map((control, index) => control.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1)));
  // Every node meets every other one: spreading by gossip alone takes seconds.
  await Promise.all(
    controls.map(async (control, index) => {
      if (index < masters) {
        const first = Math.floor((SLOTS * index) / masters);
        const last = Math.floor((SLOTS * (index + 1)) / masters) - 1;
        await control.call("CLUSTER", "ADDSLOTSRANGE", first, last);
      }
      for (const { busPort, redis } of nodes.slice(0, index)) {
        await control.call("CLUSTER", "MEET", redis.host, redis.port, busPort);
      }
    }),
  );
  const ids = await Promise.all(
    controls.map((control) => control.call("CLUSTER", "MYID") as Promise<string>),
  );
  await Promise.all(
    controls.slice(masters).map((control, index) =>
      // Refused until the handshake with that master is through.
      eventually("a replica knows its master", () =>
        control.call("CLUSTER", "REPLICATE", ids[index % masters]!),
      ),
    ),
  );
}

async function waitUntilWhole(redises: readonly TestRedis[], controls: readonly Redis[]): Promise<void> {
  await Promise.all(
    redises.map((redis, index) =>
      eventually(
        "the cluster is whole",
        async () => {
          const control = controls[index]!;
          if (!redis.running) return true;
          const info = String(await control.call("CLUSTER", "INFO"));
          const links = await control.info("replication");
          return (
            info.includes("cluster_state:ok") &&
            info.includes(`cluster_slots_ok:${SLOTS}`) &&
            info.includes(`cluster_known_nodes:${redises.length}`) &&
            !links.includes("master_link_status:down")
          );
        },
        20_000,
      ),
    ),
  );
}
