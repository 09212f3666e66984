import type { RedisConnection } from "@tidegate/core";

/**
 * A connected ioredis client, single or cluster. It is shared by whatever does not block, and never ended; what blocks or
 * subscribes gets a duplicate.
 */
export interface TaskRedis extends RedisConnection {
  connect(): Promise<unknown>;
  duplicate(): TaskRedis;
  readonly status: string;
}
