import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request as a function got it. */
export interface Got {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A function that is called over HTTP on loopback, and what it got; it goes with the test. */
export async function calledFunction(answer: (got: Got) => number = () => 204) {
  const calls: Got[] = [];
  const waiting: ((got: Got) => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const got = { path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() };
      calls.push(got);
      response.writeHead(answer(got)).end();
      for (const wake of waiting.splice(0)) wake(got);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    /** The next call, or the one that came already. */
    called: (path: string): Promise<Got> =>
      new Promise((resolve) => {
        const look = () => {
          const got = calls.find((one) => one.path === path);
          if (got === undefined) waiting.push(look);
          else resolve(got);
        };
        look();
      }),
  };
}
