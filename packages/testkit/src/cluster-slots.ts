import type { Redis } from "ioredis";
import type { TestCluster } from "./start-cluster.ts";
import type { TestRedis } from "./start-redis.ts";

const keysAtATime = 100;
const migrateTimeoutMs = 5000;

/** The node that serves a slot, as those say that run; null while they know of none. */
export async function masterOf(cluster: TestCluster, slot: number): Promise<TestRedis | null> {
  for (const node of cluster.nodes) {
    if (!node.running) continue;
    const control = node.client({ maxRetriesPerRequest: 1, commandTimeout: 1000 });
    try {
      const slots = (await control.call("CLUSTER", "SLOTS")) as [
        number,
        number,
        [string, number],
        ...unknown[],
      ][];
      const range = slots.find(([first, last]) => first <= slot && slot <= last);
      const found = cluster.nodes.find(({ port }) => port === range?.[2][1]);
      if (found?.running) return found;
    } catch {
      // Another node may know.
    } finally {
      control.disconnect();
    }
  }
  return null;
}

/** Moves a slot with its keys to another master while it is in use, as `redis-cli --cluster reshard` does. */
export async function moveSlot(
  cluster: TestCluster,
  slot: number,
  from: TestRedis,
  to: TestRedis,
): Promise<number> {
  const [source, target] = [from.client(), to.client()];
  try {
    const [sourceId, targetId] = (await Promise.all(
      [source, target].map((node) => node.call("CLUSTER", "MYID")),
    )) as [string, string];
    await target.call("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId);
    await source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", targetId);
    const moved = await migrateKeys(source, slot, to);
    await target.call("CLUSTER", "SETSLOT", slot, "NODE", targetId);
    await source.call("CLUSTER", "SETSLOT", slot, "NODE", targetId);
    await tellOthers(cluster, slot, targetId);
    return moved;
  } finally {
    source.disconnect();
    target.disconnect();
  }
}

async function migrateKeys(source: Redis, slot: number, to: TestRedis): Promise<number> {
  for (let moved = 0; ; ) {
    const keys = (await source.call("CLUSTER", "GETKEYSINSLOT", slot, keysAtATime)) as string[];
    if (keys.length === 0) return moved;
    await source.call("MIGRATE", to.host, to.port, "", 0, migrateTimeoutMs, "KEYS", ...keys);
    moved += keys.length;
  }
}

/** The other masters learn of it by gossip as well, only later; replicas refuse. */
async function tellOthers(cluster: TestCluster, slot: number, owner: string): Promise<void> {
  for (const node of cluster.nodes) {
    if (!node.running) continue;
    const control = node.client({ maxRetriesPerRequest: 1, commandTimeout: 1000 });
    await control.call("CLUSTER", "SETSLOT", slot, "NODE", owner).catch(() => {});
    control.disconnect();
  }
}
