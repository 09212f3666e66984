import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface GatewayOptions {
  /** How long it takes for a message, on average, in ms. */
  readonly delayMs: number;
  /** Of a hundred requests, how many fail. */
  readonly failingPercent: number;
}

/** What a gateway has sent. */
export interface Sent {
  readonly mails: number;
  readonly texts: number;
  /** Messages that somebody got once more. */
  readonly duplicates: number;
}

/**
 * The outside world: a provider of mail and text messages over HTTP that is slow, fails now and then, and keeps track of who
 * got what. Sends once for each idempotency key.
 */
export class GatewayServer {
  readonly #options: GatewayOptions;
  readonly #keys = new Set<string>();
  readonly #recipients = { mails: new Map<string, number>(), texts: new Map<string, number>() };
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #open: PromiseWithResolvers<void> | null = null;
  #onSent: () => void = () => {};

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.release();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Answers nobody until it is released. */
  hold(): void {
    this.#open ??= Promise.withResolvers<void>();
  }

  release(): void {
    this.#open?.resolve();
    this.#open = null;
  }

  get sent(): Sent {
    const count = (recipients: Map<string, number>) =>
      [...recipients.values()].reduce((sum, times) => sum + times, 0);
    const { mails, texts } = this.#recipients;
    const all = count(mails) + count(texts);
    return { mails: count(mails), texts: count(texts), duplicates: all - mails.size - texts.size };
  }

  /** Fulfilled when another message has been sent. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#onSent;
      this.#onSent = () => {
        before();
        resolve();
      };
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const kind = request.url === "/mails" ? "mails" : "texts";
    const { to } = JSON.parse(Buffer.concat(chunks).toString()) as { to: string };
    await this.#open?.promise;
    const { delayMs, failingPercent } = this.#options;
    await new Promise((resolve) => setTimeout(resolve, delayMs * (0.5 + Math.random())));
    if (Math.random() * 100 < failingPercent) return void response.writeHead(503).end();
    const key = `${kind} ${request.headers["idempotency-key"]}`;
    if (!this.#keys.has(key)) {
      this.#keys.add(key);
      const recipients = this.#recipients[kind];
      recipients.set(to, (recipients.get(to) ?? 0) + 1);
      const tell = this.#onSent;
      this.#onSent = () => {};
      tell();
    }
    response.writeHead(202).end();
  }
}
