import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy on loopback that misbehaves when told to. */
export interface TestProxy {
  readonly port: number;
  readonly url: string;
  /** Connections that stand. */
  readonly connections: number;
  /** Ends all connections at once. New ones are taken. */
  cut(): void;
  /** Passes the next request on, and ends its connection in place of the answer. Resolves when that has happened. */
  cutNextReply(): Promise<void>;
  /** Holds back everything in both directions, as a half-open network does, until `resume`. */
  stall(): void;
  resume(): void;
  /** Holds back each answer for so long. */
  delay(ms: number): void;
  stop(): Promise<void>;
}

/** Starts a proxy in front of a port on loopback. */
export async function startProxy(targetPort: number): Promise<TestProxy> {
  const pairs = new Set<{ client: Socket; upstream: Socket }>();
  let onReply: (() => void) | null = null;
  let stalled = false;
  let delayMs = 0;

  const server: Server = createServer((client) => {
    const upstream = connect(targetPort, "127.0.0.1");
    const pair = { client, upstream };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", end);
    }
    client.on("data", (data) => upstream.write(data));
    upstream.on("data", (data) => {
      if (onReply) {
        const told = onReply;
        onReply = null;
        end();
        told();
      } else if (delayMs > 0) setTimeout(() => client.destroyed || client.write(data), delayMs);
      else client.write(data);
    });
    if (stalled) pauseBoth(pair);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get connections() {
      return pairs.size;
    },
    cut() {
      for (const { client } of pairs) client.destroy();
    },
    cutNextReply() {
      return new Promise((resolve) => {
        onReply = resolve;
      });
    },
    stall() {
      stalled = true;
      for (const pair of pairs) pauseBoth(pair);
    },
    resume() {
      stalled = false;
      for (const { client, upstream } of pairs) {
        client.resume();
        upstream.resume();
      }
    },
    delay(ms) {
      delayMs = ms;
    },
    async stop() {
      for (const { client } of pairs) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pauseBoth({ client, upstream }: { client: Socket; upstream: Socket }): void {
  client.pause();
  upstream.pause();
}
