import type { Capabilities } from "./capabilities.ts";
import type { System } from "./system.ts";

/** One way to reach Tidegate, and how to set it up. */
export interface Target {
  readonly name: string;
  readonly can: Capabilities;
  /** Starts what it takes. Called once, before the first story. */
  start(): Promise<RunningTarget>;
}

/** A target that runs. */
export interface RunningTarget {
  readonly system: System;
  /** A name that no other topic has; on a cluster, one whose partitions lie on all masters when there are enough. */
  topicName(partitions: number): Promise<string>;
  /** All keys in Redis whose name has this text. */
  keys(text: string): Promise<string[]>;
  /** Lets every Redis forget its scripts. */
  flushScripts(): Promise<void>;
  /** Lets the clock strike where push waits for it; nothing elsewhere. */
  strike?(): Promise<void>;
  /** Where HTTP is spoken, and with which token. */
  readonly http?: { readonly url: string; readonly token: string };
  stop(): Promise<void>;
}
