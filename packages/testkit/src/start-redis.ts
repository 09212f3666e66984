import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AppendOnly,
  findRedisServer,
  freePort,
  LOOPBACK,
  RedisStartError,
  redisConfiguration,
  type SupervisedRedis,
  superviseRedis,
} from "@tidegate/embedded-redis";
import { Redis, type RedisOptions } from "ioredis";

export interface TestRedisOptions {
  /** Default: `no`. */
  appendonly?: AppendOnly;
  /** As in redis.conf: bytes, or `64mb`. Default: no limit. */
  maxmemory?: number | string;
  /** More lines of redis.conf. */
  config?: readonly string[];
}

/** ioredis's options, less the one that changes the type of every reply. */
export type TestClientOptions = Omit<RedisOptions, "replyMapping">;

/** A real Redis server of one's own. Its folder is kept over restarts and goes with `stop`. */
export interface TestRedis {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Another one after a restart. */
  readonly pid: number;
  readonly dir: string;
  /** False between `kill` and `restart`. */
  readonly running: boolean;
  /** A new connection, closed by `stop`. */
  client(options?: TestClientOptions): Redis;
  /** Sends a signal; after SIGKILL and SIGTERM, waits until the server has ended. SIGSTOP makes it hang, SIGCONT go on. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and folder; a server that still runs is ended with SIGTERM first. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const PORT_ATTEMPTS = 5;

export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const program = await findRedisServer({ install: false });
  const dir = mkdtempSync(join(tmpdir(), "tidegate-test-"));
  const file = join(dir, "redis.conf");
  const clients: Redis[] = [];
  let port = 0;
  const start = () => superviseRedis({ command: program.path, args: [file], dir, temporary: true });

  let server: SupervisedRedis;
  for (let attempt = 1; ; attempt++) {
    port = await freePort();
    writeFileSync(file, configuration(port, options));
    try {
      server = await start();
      break;
    } catch (error) {
      const taken = error instanceof RedisStartError && error.log.includes("Address already in use");
      if (taken && attempt < PORT_ATTEMPTS) continue;
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  return {
    url: `redis://${LOOPBACK}:${port}`,
    host: LOOPBACK,
    port,
    dir,
    get pid() {
      return server.pid;
    },
    get running() {
      return !server.hasExited();
    },
    client(clientOptions = {}) {
      const client = new Redis(port, LOOPBACK, clientOptions);
      // Without a listener ioredis prints every lost connection; a test that ends its server means to.
      client.on("error", () => {});
      clients.push(client);
      return client;
    },
    async kill(signal = "SIGKILL") {
      if (signal === "SIGKILL" || signal === "SIGTERM") await server.stop(signal);
      else process.kill(server.pid, signal);
    },
    async restart() {
      await server.stop("SIGTERM");
      server = await start();
    },
    async stop() {
      for (const client of clients) client.disconnect();
      await server.stop("SIGKILL");
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function configuration(port: number, options: TestRedisOptions): string {
  return redisConfiguration({
    port,
    appendonly: options.appendonly ?? "no",
    lines: [
      ...(options.maxmemory === undefined ? [] : [`maxmemory ${options.maxmemory}`]),
      // A replica is served at once instead of after 5 s of waiting for others.
      "repl-diskless-sync-delay 0",
      ...(options.config ?? []),
    ],
  });
}
