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
  /** Passes the next request on, and the first half of its answer; then ends its connection. */
  cutMidReply(): void;
  /** Drops the server's end of all connections and leaves the clients' open and silent, until `cut`. */
  halfOpen(): void;
  /** New connections go to another port; those that stand stay where they are. */
  retarget(port: number): void;
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
  const halfOpened = new WeakSet<Socket>();
  let onReply: (() => void) | null = null;
  let midReply = false;
  let stalled = false;
  let delayMs = 0;
  let target = targetPort;

  const server: Server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const pair = { client, upstream };
    const pass = inOrder((data, written) => client.destroyed || client.write(data, written));
    let cutShort = false;
    pairs.add(pair);
    const end = () => {
      if (!pairs.delete(pair)) return;
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        if (socket === client || !halfOpened.has(upstream)) end();
      });
    }
    client.on("data", (data) => upstream.writable && upstream.write(data));
    upstream.on("data", (data) => {
      // Behind a half nothing may come: no network leaves out the middle of a stream.
      if (cutShort) return;
      if (onReply) {
        const told = onReply;
        onReply = null;
        end();
        told();
      } else if (midReply) {
        midReply = false;
        cutShort = true;
        pass(data.subarray(0, data.length >> 1), delayMs, end);
      } else pass(data, delayMs);
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
    cutMidReply() {
      midReply = true;
    },
    halfOpen() {
      for (const { upstream } of pairs) {
        halfOpened.add(upstream);
        upstream.destroy();
      }
    },
    retarget(port) {
      target = port;
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

/** Passes each piece on after its delay, and never before one that came earlier. */
function inOrder(
  write: (data: Buffer, written?: () => void) => unknown,
): (data: Buffer, delayMs: number, written?: () => void) => void {
  const held: { data: Buffer; passAt: number; written: (() => void) | undefined }[] = [];
  const drain = () => {
    while (held.length > 0 && held[0]!.passAt <= performance.now()) {
      const { data, written } = held.shift()!;
      write(data, written);
    }
    if (held.length > 0) setTimeout(drain, Math.max(1, held[0]!.passAt - performance.now()));
  };
  return (data, delayMs, written) => {
    if (held.length === 0 && delayMs === 0) write(data, written);
    else if (held.push({ data, passAt: performance.now() + delayMs, written }) === 1) drain();
  };
}
