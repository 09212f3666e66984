import { type Acks, TidegateError } from "@tidegate/contracts";
import type { OutgoingMessage } from "@tidegate/core";
import type { MessagePort } from "./message-port.ts";

const messagesPerAppend = 1_000;
const bytesPerAppend = 1024 * 1024;

type AppendPort = Pick<MessagePort, "append" | "appendsAtATime">;

/** What ended the sending. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** Number of the message that was refused, from 0 over all that were sent; null when a call failed as a whole. */
  readonly index: number | null;

  constructor(index: number | null, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.index = index;
  }
}

/**
 * Sends messages in their order, as many in one append as come while others are under way: a single line leaves at once, a
 * file in large batches. After a refusal nothing more is sent.
 */
export class MessageSender {
  #published = 0;
  #duplicates = 0;
  readonly #port: AppendPort;
  readonly #topic: string;
  readonly #options: { acks: Acks | undefined; signal: AbortSignal };
  #waiting: OutgoingMessage[] = [];
  #waitingBytes = 0;
  #sent = 0;
  readonly #underWay = new Set<Promise<void>>();
  #failure: Refusal | null = null;

  constructor(port: AppendPort, topic: string, options: { acks: Acks | undefined; signal: AbortSignal }) {
    this.#port = port;
    this.#topic = topic;
    this.#options = options;
  }

  /** Messages that are confirmed. */
  get published(): number {
    return this.#published;
  }

  /** Those of them that an earlier run had published. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Takes messages; resolves when there is room for more. Throws Refusal, and what appends throw. */
  async add(messages: readonly OutgoingMessage[]): Promise<void> {
    for (const message of messages) {
      const bytes = sizeOf(message);
      if (this.#waitingBytes + bytes > bytesPerAppend && this.#waiting.length > 0) await this.#sendFull();
      this.#waiting.push(message);
      this.#waitingBytes += bytes;
      if (this.#waiting.length >= messagesPerAppend) await this.#sendFull();
    }
    if (this.#underWay.size === 0) this.#send();
    this.#throwFailure();
  }

  /** Sends what waits, and resolves when all is confirmed. Throws as `add` does. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 && this.#failure === null) await this.#sendFull();
    await this.settled();
    this.#throwFailure();
  }

  /** Resolves when nothing is under way. Never throws. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #sendFull(): Promise<void> {
    while (this.#underWay.size >= this.#port.appendsAtATime) await Promise.race(this.#underWay);
    this.#throwFailure();
    this.#send();
  }

  #send(): void {
    const messages = this.#waiting;
    if (messages.length === 0 || this.#failure !== null) return;
    const first = this.#sent;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#sent += messages.length;
    const work = this.#append(messages, first).finally(() => {
      this.#underWay.delete(work);
      // What came meanwhile leaves now, however little it is.
      if (this.#underWay.size === 0) this.#send();
    });
    this.#underWay.add(work);
  }

  async #append(messages: readonly OutgoingMessage[], first: number): Promise<void> {
    try {
      const { duplicates, refused } = await this.#port.append(this.#topic, messages, this.#options);
      this.#published += messages.length - refused.length;
      this.#duplicates += duplicates;
      if (refused[0] !== undefined) this.#fail(first + refused[0].index, refused[0].error);
    } catch (error) {
      const index = indexIn(error);
      this.#fail(index === null ? null : first + index, error);
    }
  }

  /** Of several messages that are refused, the first counts. */
  #fail(index: number | null, error: unknown): void {
    const known = this.#failure?.index;
    if (known === undefined || (index !== null && known !== null && index < known))
      this.#failure = new Refusal(index, error);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}

function sizeOf({ key, value }: OutgoingMessage): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + 64;
}

/** Which message of its call an error is about, as in `messages[17].value`; null when it is about none. */
function indexIn(error: unknown): number | null {
  const { field } = error instanceof TidegateError ? error.details : {};
  const index = /^messages\[(\d+)\]/.exec(field ?? "")?.[1];
  return index === undefined ? null : Number(index);
}
