import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import type { MessageSet } from "./message-set.ts";
import type { PeerServers } from "./peers/peer-servers.ts";

/** How long to measure: a default run, a `--quick` one, or a test of the bench itself. */
export type Pace = "full" | "quick" | "tiny";

/** How much a scenario does. */
export interface Effort {
  /** Messages of a full share, whatever their size. */
  readonly messages: number;
  /** Fewer messages when their payloads would come to more than so many bytes. Default: no bound. */
  readonly bytes?: number;
  /** How often the contestants take turns. */
  readonly rounds: number;
  /** Which part of the messages a first round has that does not count; 0: there is none. Default: a quarter. */
  readonly warmUp?: number;
}

/** What one measurement is given. */
export interface Bout {
  readonly messages: MessageSet;
  readonly pace: Pace;
  readonly peers: PeerServers;
  /** A fresh Redis with AOF everysec that goes when the measurement is over. */
  startRedis(): Promise<EmbeddedRedis>;
}

/** Somebody who does what a scenario asks. */
export interface Contestant {
  readonly name: string;
  /** Which part of the scenario's messages it is given: slow ones get fewer, so that all run about as long. */
  readonly share: number;
  /** One line for the reader: how it is configured. */
  readonly configuration: string;
  /**
   * Does it once and returns a number for each figure of the scenario, null where this machine lacks what it needs.
   * Throws when not every message was delivered as sent.
   */
  measure(bout: Bout): Promise<readonly number[] | null>;
}

/** What is told of a scenario: a row of the table. */
export interface Figure {
  readonly unit: string;
  /** Digits behind the point. Default 0. */
  readonly digits?: number;
  readonly goals?: readonly Goal[];
}

/** What a figure ought to be: Tidegate's own, or with `to` the ratio of Tidegate's to a peer's. */
export interface Goal {
  readonly payloadBytes?: number;
  readonly to?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One thing that is measured; a folder of its own for each, listed in `scenarios.ts`. */
export interface Scenario {
  readonly name: string;
  readonly figures: readonly Figure[];
  /** The sizes that it is measured at. */
  readonly payloadBytes: readonly number[];
  readonly efforts: Readonly<Record<Pace, Effort>>;
  readonly tidegate: Contestant;
  /** By their names in the JSON line. */
  readonly peers: readonly Contestant[];
}
