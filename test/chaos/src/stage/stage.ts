import type { TestRedis } from "@tidegate/testkit";
import type { Cluster, Redis } from "ioredis";
import type { RedisAddress } from "../actors/actor-config.ts";
import type { AcksLevel } from "../history/event.ts";
import type { Gateway } from "./gateway.ts";

export type StageKind = "everysec" | "always" | "snapshot" | "pair" | "cluster";

/** The Redis of an episode: how it is reached, and what can be done to it. */
export interface Stage {
  readonly kind: StageKind;
  /** What producers may ask for beside `leader`. */
  readonly acks: AcksLevel;
  readonly address: RedisAddress;
  /** REDIS_URL of a server. */
  readonly serverUrl: string;
  /** Between the clients and Redis; null on a cluster, whose nodes send clients on by their own addresses. */
  readonly gateway: Gateway | null;
  /** Servers that hold data and serve now. */
  masters(): Promise<TestRedis[]>;
  /** A connection that no fault of the gateway touches. */
  control(): Redis | Cluster;
  /** Waits until whatever was done to it is over. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}
