import type { IncomingMessage } from "node:http";
import { limits, TidegateError } from "@tidegate/contracts";
import { type BodyReader, bodyTooLarge } from "@tidegate/http";

/**
 * Reads a body from Node's request, without the copy and the web stream that the portable way costs. The limit is
 * enforced while it arrives; what comes after it is drained by the adapter.
 */
export const readNodeBody: BodyReader = (context) => {
  const { incoming } = context.env as { incoming: IncomingMessage };
  const declared = incoming.headers["content-length"];
  if (declared !== undefined && Number(declared) > limits.requestBytes) return Promise.reject(bodyTooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (error: TidegateError | null) => {
      incoming.off("data", onData);
      incoming.off("end", onEnd);
      incoming.off("close", onClose);
      if (error !== null) reject(error);
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
    };
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limits.requestBytes) settle(bodyTooLarge());
    };
    const onEnd = () => settle(null);
    const onClose = () => settle(new TidegateError("INVALID", "The body ended early", { field: "body" }));
    incoming.on("data", onData);
    incoming.on("end", onEnd);
    incoming.on("close", onClose);
  });
};
