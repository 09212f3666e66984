import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import type { MessageSet } from "./message-set.ts";

/** What one measurement is given: a fresh Redis of its own, and what to send. */
export interface Bout {
  readonly redis: EmbeddedRedis;
  readonly messages: MessageSet;
}

/** Somebody who does what a scenario asks. */
export interface Contestant {
  readonly name: string;
  /** Which part of the scenario's messages it is given: slow ones get fewer, so that all run about as long. */
  readonly share: number;
  /** One line for the reader: how it is configured. */
  readonly configuration: string;
  /**
   * Does it once and returns the units per second, null where this machine lacks what it needs. Throws when not every
   * message was delivered as sent.
   */
  measure(bout: Bout): Promise<number | null>;
}

/** One thing that is measured; a file of its own for each, listed in `scenarios.ts`. */
export interface Scenario {
  readonly name: string;
  readonly unit: string;
  readonly tidegate: Contestant;
  /** By their names in the JSON line. */
  readonly peers: readonly Contestant[];
}
