import type { IncomingMessage } from "node:http";
import { limits } from "@tidegate/contracts";
import { bodyTooLarge, type Call, endedEarly } from "@tidegate/http";

/** A request as Node itself carries it, without the web's Request, Headers and streams in between. */
export class NodeCall implements Call {
  readonly environment = null;
  bodyEndedAt: number | null = null;
  waitMs = 0;
  private readonly incoming: IncomingMessage;
  private readonly name: string;
  private readonly value: string;

  /** @param name the one part of the path that has a name, with its value */
  constructor(incoming: IncomingMessage, name: string, value: string) {
    this.incoming = incoming;
    this.name = name;
    this.value = value;
  }

  get method(): string {
    return this.incoming.method ?? "";
  }

  get path(): string {
    return this.incoming.url ?? "";
  }

  param(name: string): string | undefined {
    return name === this.name ? this.value : undefined;
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
      incoming.once("end", () => {
        this.bodyEndedAt = performance.now();
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
      });
      incoming.once("close", () => {
        if (!incoming.readableEnded) reject(endedEarly());
      });
    });
  }
}
