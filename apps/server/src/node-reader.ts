import type { IncomingMessage } from "node:http";
import { limits, TidegateError } from "@tidegate/contracts";
import { bodyTooLarge, type RequestReader } from "@tidegate/http";
import type { Context } from "hono";

/**
 * Reads Node's own request, without the copies, web streams and Headers that the portable way costs. The limit of a body
 * is enforced while it arrives; what comes after it is drained by the adapter.
 */
export const nodeReader: RequestReader = {
  header: (context, name) => {
    const value = incomingOf(context).headers[name];
    return typeof value === "string" ? value : null;
  },
  body: (context) => readBody(incomingOf(context)),
};

function incomingOf(context: Context): IncomingMessage {
  return (context.env as { incoming: IncomingMessage }).incoming;
}

function readBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const declared = incoming.headers["content-length"];
  if (declared !== undefined && Number(declared) > limits.requestBytes) return Promise.reject(bodyTooLarge());
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

function endedEarly(): TidegateError {
  return new TidegateError("INVALID", "The body ended early", { field: "body" });
}
