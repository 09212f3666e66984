import { Engine } from "@tidegate/core";
import { testNamespace } from "@tidegate/testkit";
import { Cluster, type Redis } from "ioredis";
import { inject } from "vitest";
import { engineSystem } from "../engine-system.ts";
import type { Target } from "../target.ts";
import { uniqueName } from "./single-node.ts";
import { startDispatcher } from "./start-dispatcher.ts";

/** The engine on a Redis Cluster of three masters. */
export const cluster: Target = {
  name: "cluster",
  can: { headerList: true, stockUnits: true, anyName: true, wakes: true },
  async start() {
    const namespace = testNamespace();
    const probe = await openCluster();
    const open = async () => {
      const redis = await openCluster();
      const engine = new Engine({ redis, namespace });
      await engine.start();
      return {
        engine,
        async close() {
          await engine.stop();
          redis.disconnect();
        },
      };
    };
    const system = await engineSystem(open);
    const stopPush = await startDispatcher(open);
    return {
      system,
      keys: async (text) =>
        (await Promise.all(probe.nodes("master").map((master) => master.keys(`*${text}*`)))).flat(),
      async flushScripts() {
        await Promise.all(probe.nodes("master").map((master) => master.script("FLUSH")));
      },
      topicName: (partitions) => spreadName(probe, namespace, partitions),
      async stop() {
        await stopPush();
        await system.close();
        probe.disconnect();
      },
    };
  },
};

/** A client of the cluster that the run shares. */
export async function openCluster(): Promise<Cluster> {
  const nodes = inject("clusterUrls").map((url) => new URL(url));
  const client = new Cluster(
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port) })),
    { lazyConnect: true },
  );
  await client.connect();
  return client;
}

/** Names of topics whose partitions lie on as many masters as there are, or as there are partitions. */
async function spreadName(client: Cluster, namespace: string, partitions: number): Promise<string> {
  const masters = client.nodes("master");
  for (;;) {
    const name = uniqueName();
    const owners = new Set<Redis>();
    for (let partition = 0; partition < Math.min(partitions, 16); partition += 1)
      owners.add(await ownerOf(client, masters, `{${namespace}:${name}:${partition}}`));
    if (owners.size >= Math.min(partitions, masters.length)) return name;
  }
}

/** The master that has a key. */
async function ownerOf(client: Cluster, masters: readonly Redis[], key: string): Promise<Redis> {
  const slot = Number(await masters[0]!.call("CLUSTER", "KEYSLOT", key));
  const [address] = client.slots[slot]!;
  return masters.find(({ options }) => `${options.host}:${options.port}` === address)!;
}
