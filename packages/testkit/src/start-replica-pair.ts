import { eventually } from "./eventually.ts";
import { startRedis, type TestRedis, type TestRedisOptions } from "./start-redis.ts";

/** A master and one replica of it. */
export interface ReplicaPair {
  readonly master: TestRedis;
  readonly replica: TestRedis;
  /** Makes the replica a master of its own; the former master is left as it is. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts both and waits until the replica is in step. */
export async function startReplicaPair(options: TestRedisOptions = {}): Promise<ReplicaPair> {
  const master = await startRedis(options);
  let replica: TestRedis | undefined;
  try {
    const follow = `replicaof ${master.host} ${master.port}`;
    replica = await startRedis({ ...options, config: [...(options.config ?? []), follow] });
    const control = replica.client();
    await eventually("the replica is in step", async () =>
      (await control.info("replication")).includes("master_link_status:up"),
    );
    return pairOf(master, replica, async () => {
      await control.replicaof("NO", "ONE");
    });
  } catch (error) {
    await Promise.all([master.stop(), replica?.stop()]);
    throw error;
  }
}

function pairOf(master: TestRedis, replica: TestRedis, promote: () => Promise<void>): ReplicaPair {
  return {
    master,
    replica,
    promote,
    async stop() {
      await Promise.all([master.stop(), replica.stop()]);
    },
  };
}
