import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { answerMalformed } from "./malformed-request.ts";

/** Longer than the idle time of usual load balancers, so that they close first and no request meets a closed socket. */
const keepAliveTimeoutMs = 75_000;
/** A body of the longest that is taken, over a slow line. */
const requestTimeoutMs = 60_000;
/** Connections that may wait to be accepted: of more, the system drops the beginnings, and they try again after 1 s and 3 s. */
const backlog = 4_096;
/** How long a stop waits for requests in flight. */
const drainMs = 10_000;

/** An HTTP server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Stops accepting, finishes what is in flight, closes every connection. */
  stop(): Promise<void>;
}

/** Listens; rejects when the address cannot be had. */
export async function listen(listener: RequestListener, host: string, port: number): Promise<HttpServer> {
  // A request without Host is answered by the listener, with a problem document.
  const server = createServer({ requireHostHeader: false, connectionsCheckingInterval: 5_000 }, listener);
  answerMalformed(server);
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, backlog, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port, stop: () => close(server) };
}

/** A connection that was busy when closing began becomes idle later: idle ones are closed until none is left. */
async function close(server: Server): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearInterval(sweep);
  clearTimeout(deadline);
}
