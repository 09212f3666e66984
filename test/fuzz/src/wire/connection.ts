import { connect, type Socket } from "node:net";
import { MalformedAnswer, parseAnswer, type WireAnswer } from "./answer-parser.ts";
import { encodeRequest, isWhole, type WireRequest } from "./request.ts";

/** What came of a request. */
export type Exchange =
  | { readonly kind: "answer"; readonly answer: WireAnswer; readonly tookMs: number }
  /** The server closed the connection before it had answered. */
  | { readonly kind: "closed"; readonly tookMs: number }
  /** No answer within the time that was given. */
  | { readonly kind: "hang"; readonly tookMs: number }
  | { readonly kind: "malformed"; readonly detail: string; readonly tookMs: number };

/** Sends requests one after the other, over one connection while it lasts. */
export class Connection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | null = null;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /**
   * Sends a request and waits for its answer. A request that is not whole ends with the connection's sending side closed,
   * since the server would else rightly wait for the rest.
   */
  async send(request: WireRequest, timeoutMs: number): Promise<Exchange> {
    const whole = isWhole(request);
    const reused = whole && this.#socket !== null;
    const exchange = await this.#exchange(request, whole, timeoutMs);
    if (exchange.kind !== "answer" || !exchange.answer.reusable || !whole) this.close();
    // The server may close an idle connection in the moment in which the next request leaves.
    if (reused && exchange.kind === "closed") return this.send(request, timeoutMs);
    return exchange;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #exchange(request: WireRequest, whole: boolean, timeoutMs: number): Promise<Exchange> {
    if (!whole) this.close();
    this.#socket ??= connect({ host: this.#host, port: this.#port, allowHalfOpen: true, noDelay: true });
    const socket = this.#socket;
    const sentAt = performance.now();
    const received: Buffer[] = [];
    return new Promise((resolve) => {
      const finish = (exchange: Exchange) => {
        clearTimeout(timer);
        socket.removeAllListeners();
        socket.on("error", () => this.close());
        socket.on("end", () => this.close());
        resolve(exchange);
      };
      const took = () => performance.now() - sentAt;
      const look = (ended: boolean) => {
        try {
          const answer = parseAnswer(Buffer.concat(received), {
            method: request.method,
            ended,
            alone: whole,
          });
          if (answer !== null) finish({ kind: "answer", answer, tookMs: took() });
          else if (ended) finish({ kind: "closed", tookMs: took() });
        } catch (error) {
          if (!(error instanceof MalformedAnswer)) throw error;
          finish({ kind: "malformed", detail: error.message, tookMs: took() });
        }
      };
      const timer = setTimeout(() => finish({ kind: "hang", tookMs: took() }), timeoutMs);
      socket.removeAllListeners();
      socket.on("data", (chunk: Buffer) => {
        received.push(chunk);
        look(false);
      });
      socket.once("end", () => look(true));
      socket.once("error", () => look(true));
      socket.once("close", () => look(true));
      socket.write(encodeRequest(request));
      if (!whole) socket.end();
    });
  }
}
