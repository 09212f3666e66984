import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bundlePage, type PageFile } from "./bundle-page.ts";
import { forward } from "./forward.ts";
import type { SaleDesk } from "./sale-desk.ts";
import type { Sampler } from "./sampler.ts";
import type { VisitorCrowd } from "./visitor-crowd.ts";

export interface ShopServerOptions {
  readonly port: number;
  /** Where Tidegate listens, and the shop's token there. */
  readonly tidegateUrl: string;
  readonly token: string;
  readonly desk: SaleDesk;
  readonly crowd: VisitorCrowd;
  readonly sampler: Sampler;
}

const largestSpike = 5_000;
const security = {
  "content-security-policy": "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'",
  "x-content-type-options": "nosniff",
};

/** Serves the shop's page on loopback, and stands between its visitors and Tidegate. */
export class ShopServer {
  readonly #options: ShopServerOptions;
  readonly #server: Server;
  readonly #tidegate: URL;
  #page: ReadonlyMap<string, PageFile> = new Map();

  constructor(options: ShopServerOptions) {
    this.#options = options;
    this.#tidegate = new URL(options.tidegateUrl);
    this.#server = createServer((incoming, outgoing) => {
      this.#answer(incoming, outgoing).catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (outgoing.headersSent) outgoing.destroy();
        else sendJson(outgoing, 503, { detail: text });
      });
    });
  }

  /** Listens; returns its address. */
  async start(): Promise<string> {
    this.#page = await bundlePage();
    this.#server.listen(this.#options.port, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = incoming;
    const file = method === "GET" ? this.#page.get(url) : undefined;
    if (file) {
      outgoing.writeHead(200, { "content-type": file.type, "cache-control": "no-cache", ...security });
      outgoing.end(file.body);
    } else if (`${method} ${url}` === "GET /operator/events") this.#sendSamples(outgoing);
    else if (method === "POST" && url.startsWith("/operator/")) await this.#operate(url, incoming, outgoing);
    else if (!forward(this.#tidegate, this.#options.token, incoming, outgoing))
      sendJson(outgoing, 404, { detail: `There is nothing at ${url}` });
  }

  /** The operator's two levers. A page of another site must not pull them. */
  async #operate(url: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { origin, host } = incoming.headers;
    if (origin !== undefined && origin !== `http://${host}`)
      return sendJson(outgoing, 403, { detail: "Another site may not do this" });
    const spike = /^\/operator\/spike\?visitors=(\d{1,4})$/.exec(url);
    if (spike && Number(spike[1]) >= 1 && Number(spike[1]) <= largestSpike) {
      await this.#options.crowd.release(Number(spike[1]));
      return sendJson(outgoing, 200, { released: Number(spike[1]) });
    }
    if (url === "/operator/sale") {
      await this.#options.desk.open();
      return sendJson(outgoing, 200, {});
    }
    return sendJson(outgoing, 404, { detail: `A spike has 1 to ${largestSpike} visitors` });
  }

  #sendSamples(outgoing: ServerResponse): void {
    const { sampler } = this.#options;
    outgoing.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const send = (event: string, data: unknown) =>
      outgoing.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    send("history", sampler.history);
    const end = sampler.listen((sample) => send("sample", sample));
    outgoing.once("close", end);
  }
}

function sendJson(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
