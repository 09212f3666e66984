import type { TaskRedis } from "../job/task-redis.ts";

/** What a client of ioredis can do beyond the port: be duplicated with other settings. */
interface Duplicable {
  readonly isCluster?: boolean;
  duplicate(...args: unknown[]): TaskRedis;
}

/** BullMQ's commands block for up to 50 s; a peer that is silent for longer has vanished. */
const socketTimeout = 60_000;

/** Waits for Redis, however long it is away; a command that blocks is not cut off. */
const patient = {
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  socketTimeout,
  enableOfflineQueue: true,
};

/** A connection of a worker's own with the settings of the one that is given, as BullMQ wants it. */
export function workerConnection(redis: TaskRedis): TaskRedis {
  const client = redis as unknown as Duplicable;
  const own = client.isCluster
    ? client.duplicate(undefined, { redisOptions: patient, enableOfflineQueue: true })
    : client.duplicate(patient);
  // Without a listener ioredis prints every lost connection; who uses it tells of that.
  own.on("error", () => {});
  return own;
}
