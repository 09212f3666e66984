import type { Acks, StoredMessage } from "@tidegate/contracts";
import type { OutgoingMessage } from "@tidegate/core";
import type { Connection } from "../connect/connect.ts";

/** A message as it was read: its bytes, and on demand what the wire would show. */
export interface ReadMessage {
  readonly partition: number;
  readonly offset: number;
  key(): Uint8Array | null;
  value(): Uint8Array | null;
  /** As the HTTP API shows it, with `attempt` where it was delivered to a group. */
  shown(): StoredMessage & { attempt?: number };
}

/** What became of an append: how many were there before, and what was refused. */
export interface Appended {
  readonly duplicates: number;
  readonly refused: readonly { readonly index: number; readonly error: unknown }[];
}

/** One page of a partition. */
export interface Page {
  readonly messages: readonly ReadMessage[];
  readonly nextOffset: number;
  readonly start: number;
  readonly end: number;
}

/** Messages of a group, taken until there are none, or for as long as the signal lets. */
export interface Consumption {
  readonly topic: string;
  readonly group: string;
  /** Waits for more where there are none. */
  readonly follow: boolean;
  /** Ends after exactly so many. Null: no bound. */
  readonly maxMessages: number | null;
  readonly signal: AbortSignal;
  /**
   * Told of messages, perhaps of more before it has resolved; they are acknowledged when it resolves. When it rejects they go back
   * as if never taken, and the consumption rejects with the same.
   */
  handle(messages: readonly ReadMessage[]): Promise<void>;
  /** Told what a person should know meanwhile. */
  note(text: string): void;
}

/** How messages go in and come out: the way where speed matters, so straight to Redis it goes without HTTP. */
export interface MessagePort {
  /** How many appends may be under way; they keep their order. */
  readonly appendsAtATime: number;
  /** Throws for what concerns the whole call; see `refused` for single messages. */
  append(
    topic: string,
    messages: readonly OutgoingMessage[],
    options: { acks: Acks | undefined; signal: AbortSignal },
  ): Promise<Appended>;
  read(
    topic: string,
    partition: number,
    query: { from: number | "earliest" | "latest" | { time: number }; limit: number; signal: AbortSignal },
  ): Promise<Page>;
  /** Resolves when it is over: what was not handled has been given back by then. */
  consume(consumption: Consumption): Promise<void>;
}

/** The port of a connection. */
export async function messagePort({ client, engine }: Connection): Promise<MessagePort> {
  if (engine !== null) return new (await import("./engine-messages.ts")).EngineMessages(engine);
  return new (await import("./http-messages.ts")).HttpMessages(client);
}
