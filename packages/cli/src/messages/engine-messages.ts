import type { Acks } from "@tidegate/contracts";
import {
  type DeliveredMessage,
  type Engine,
  type OutgoingMessage,
  type StoredMessage as Stored,
  showDelivered,
  showMessage,
} from "@tidegate/core";
import type { Appended, Consumption, MessagePort, Page, ReadMessage } from "./message-port.ts";

/** Messages straight to and from Redis: the engine, and a worker for groups. */
export class EngineMessages implements MessagePort {
  readonly appendsAtATime = 16;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async append(
    topic: string,
    messages: readonly OutgoingMessage[],
    { acks }: { acks: Acks | undefined },
  ): Promise<Appended> {
    const { outcomes } = await this.#engine.append(topic, messages, acks === undefined ? {} : { acks });
    let duplicates = 0;
    const refused: { index: number; error: unknown }[] = [];
    for (let index = 0; index < outcomes.length; index += 1) {
      const outcome = outcomes[index]!;
      if (outcome.status === "refused") refused.push({ index, error: outcome.error });
      else if (outcome.duplicate) duplicates += 1;
    }
    return { duplicates, refused };
  }

  async read(
    topic: string,
    partition: number,
    { from, limit }: Parameters<MessagePort["read"]>[2],
  ): Promise<Page> {
    const page = await this.#engine.read(topic, partition, { from, limit });
    return { ...page, messages: page.messages.map((message) => new StoredInLog(partition, message)) };
  }

  async consume(consumption: Consumption): Promise<void> {
    const { consumeWithWorker } = await import("./consume-with-worker.ts");
    await consumeWithWorker(this.#engine, consumption);
  }
}

/** A message of the log. */
class StoredInLog implements ReadMessage {
  readonly partition: number;
  readonly message: Stored;

  constructor(partition: number, message: Stored) {
    this.partition = partition;
    this.message = message;
  }

  get offset(): number {
    return this.message.offset;
  }

  key(): Uint8Array | null {
    return this.message.key;
  }

  value(): Uint8Array | null {
    return this.message.value;
  }

  shown(): ReturnType<ReadMessage["shown"]> {
    return showMessage(this.message);
  }
}

/** A message that was delivered to a group. */
export class Delivered extends StoredInLog {
  override shown(): ReturnType<ReadMessage["shown"]> {
    return showDelivered(this.message as DeliveredMessage);
  }
}
