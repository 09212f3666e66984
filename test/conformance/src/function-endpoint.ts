import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { PushedMessage, PushRequest } from "@tidegate/contracts";

/** A request as a function got it. */
export interface Pushed {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly messages: readonly PushedMessage[];
}

/** A function that is pushed to, and what it got. */
export interface FunctionEndpoint {
  readonly url: string;
  readonly calls: readonly Pushed[];
  /** All messages that came, in order, with repeats. */
  messages(): PushedMessage[];
  close(): void;
}

/** What a function does. */
export type FunctionAnswer = (pushed: Pushed, response: ServerResponse) => unknown;

/** Takes everything. */
export const takesAll: FunctionAnswer = (_pushed, response) => response.writeHead(204).end();

/** A function behind a real HTTP server on loopback. */
export async function functionEndpoint(answer: FunctionAnswer): Promise<FunctionEndpoint> {
  const calls: Pushed[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks).toString();
      const { messages } = JSON.parse(raw) as PushRequest;
      const pushed = { headers: request.headers, raw, messages };
      calls.push(pushed);
      answer(pushed, response);
    });
  });
  // Else it ends connections after five idle seconds, and a call from workerd that meets the end of one fails: an attempt is spent.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/push`,
    calls,
    messages: () => calls.flatMap(({ messages }) => messages),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
