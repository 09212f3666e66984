import type { IncomingMessage } from "node:http";
import { limits } from "@tidegate/contracts";
import { bodyTooLarge, type Call, endedEarly } from "@tidegate/http";

/** A publish as Node's own request carries it, without the web's Request, Headers and streams in between. */
export class NodeCall implements Call {
  readonly method = "POST";
  readonly environment = null;
  private readonly incoming: IncomingMessage;
  private readonly topic: string;

  constructor(incoming: IncomingMessage, topic: string) {
    this.incoming = incoming;
    this.topic = topic;
  }

  get path(): string {
    return this.incoming.url ?? "";
  }

  param(name: string): string | undefined {
    return name === "topic" ? this.topic : undefined;
  }

  header(name: string): string | null {
    const value = this.incoming.headers[name];
    return typeof value === "string" ? value : null;
  }

  body(): Promise<Uint8Array> {
    const { incoming } = this;
    const declared = incoming.headers["content-length"];
    if (declared !== undefined && Number(declared) > limits.requestBytes)
      return Promise.reject(bodyTooLarge());
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const onData = (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= limits.requestBytes) return;
        incoming.off("data", onData);
        reject(bodyTooLarge());
      };
      incoming.on("data", onData);
      incoming.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
      incoming.once("close", () => {
        if (!incoming.readableEnded) reject(endedEarly());
      });
    });
  }
}
