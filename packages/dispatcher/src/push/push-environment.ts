import type { DeliveredMessage, Engine } from "@tidegate/core";
import type { Signer } from "../request/signer.ts";
import type { CallRules } from "../rules/call-rules.ts";
import type { Send } from "../send/send.ts";
import type { OnPushEvent } from "./events.ts";

/** Where the result of a message belongs. */
export interface ResultPlace {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  readonly message: DeliveredMessage;
}

/** Keeps what an endpoint returned for a message, before the message is acknowledged. May be called again for the same. */
export type OnResult = (place: ResultPlace, result: unknown) => Promise<void>;

/** What pushing needs, the same for all groups of a process. */
export interface PushEnvironment {
  readonly engine: Engine;
  readonly send: Send;
  readonly rules: CallRules;
  readonly signer: Signer;
  readonly onEvent: OnPushEvent;
  readonly onResult: OnResult;
  /** Redis's clock as far as it is known here, in ms. */
  readonly now: () => number;
  /** A clock of which only differences count. */
  readonly clock: () => number;
}

/** Keeps results in Redis, for tickets to tell. */
export function keepResultsIn(engine: Engine): OnResult {
  return ({ topic, group, partition, message }, value) =>
    engine.results.put(topic, group, [{ partition, offset: message.offset, value }]);
}
