import type { AcksLevel } from "../history/event.ts";

/** How an actor reaches Redis. */
export type RedisAddress =
  | { readonly kind: "single"; readonly port: number }
  | { readonly kind: "cluster"; readonly ports: readonly number[] };

/** What an actor does, beside others in the same process. */
export type Role =
  | {
      readonly role: "plain" | "keyed" | "idempotent" | "delayed";
      readonly topic: string;
      readonly acks: AcksLevel;
    }
  | { readonly role: "buyers"; readonly topic: string }
  | {
      readonly role: "sdk";
      readonly topic: string;
      readonly group: string;
      readonly handler: "message" | "batch";
      readonly concurrency: number;
      readonly leaseMs: number;
    }
  | { readonly role: "pull"; readonly topic: string; readonly group: string; readonly leaseMs: number }
  | { readonly role: "http-publish"; readonly topic: string; readonly topicId: string; readonly url: string }
  | { readonly role: "http-pull"; readonly topic: string; readonly group: string; readonly url: string };

/** What an actor's process is told when it starts. */
export interface ActorConfig {
  /** Unlike any other of the history, also over restarts. */
  readonly name: string;
  readonly journal: string;
  readonly seed: string;
  readonly namespace: string;
  readonly redis: RedisAddress;
  /** What ioredis does with a call while Redis is away: its own default, waiting for ever, or giving up soon. */
  readonly patience: "default" | "endless" | "short";
  /** The date of this process less the true one. */
  readonly skewMs: number;
  /** What to add to the monotonic clock for the true date. */
  readonly wallOffset: number;
  readonly roles: readonly Role[];
}

/** What the controller says to an actor: no new messages; or stop in good order. */
export type ActorOrder = "hush" | "stop";
