import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { claimDataDir } from "./claim-data-dir.ts";
import { findRedisServer } from "./find-redis-server.ts";
import { freePort } from "./free-port.ts";
import { type AppendOnly, LOOPBACK, redisConfiguration } from "./redis-configuration.ts";
import { RedisStartError, type SupervisedRedis, superviseRedis } from "./supervise.ts";

export interface EmbeddedRedisOptions {
  /** Where the data is kept, made if missing. Default: a temporary folder that goes with the server. */
  dataDir?: string;
  /** When the append-only file reaches the disk; `no`: there is none. Default: `everysec` with a dataDir, else `no`. */
  appendonly?: AppendOnly;
  /** Default: a free one. */
  port?: number;
  /** Lines of redis.conf, put after the ones made here, so they win. */
  config?: readonly string[];
  /** Whether a missing server may be installed by the system's package manager. Default: no. */
  install?: boolean;
  /** Told what is installed. */
  log?: (line: string) => void;
}

/** A Redis that lives as long as this process at most. */
export interface EmbeddedRedis {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Where its data lies. */
  readonly dir: string;
  /** Fulfilled when the server has ended, asked for or not. */
  readonly exited: Promise<void>;
  /** Ends the server, after it has written its data; removes the folder if it is temporary. May be called again. */
  stop(): Promise<void>;
}

const PORT_ATTEMPTS = 5;

/** Starts a Redis server on loopback as a child that never outlives this process, and waits until it answers. */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions = {}): Promise<EmbeddedRedis> {
  const program = await findRedisServer({
    install: options.install ?? false,
    ...(options.log ? { log: options.log } : {}),
  });
  const temporary = options.dataDir === undefined;
  const dir =
    options.dataDir === undefined ? mkdtempSync(join(tmpdir(), "tidegate-redis-")) : resolve(options.dataDir);
  mkdirSync(dir, { recursive: true });
  const claim = temporary ? undefined : await claimDataDir(dir);
  const cleanUp = () => {
    claim?.release();
    if (temporary) rmSync(dir, { recursive: true, force: true });
  };

  try {
    const { server, port } = await startOnPort(program.path, dir, temporary, options);
    claim?.handTo(server.pid);
    let stopping: Promise<void> | undefined;
    return {
      url: `redis://${LOOPBACK}:${port}`,
      host: LOOPBACK,
      port,
      pid: server.pid,
      dir,
      exited: server.exited,
      stop() {
        stopping ??= server.stop(temporary ? "SIGKILL" : "SIGTERM").then(cleanUp);
        return stopping;
      },
    };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

/** Another process may take the free port before Redis does; then another one is tried. */
async function startOnPort(
  command: string,
  dir: string,
  temporary: boolean,
  options: EmbeddedRedisOptions,
): Promise<{ server: SupervisedRedis; port: number }> {
  const appendonly = options.appendonly ?? (temporary ? "no" : "everysec");
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const file = join(dir, "redis.conf");
    writeFileSync(file, redisConfiguration({ port, appendonly, lines: options.config ?? [] }));
    try {
      return { server: await superviseRedis({ command, args: [file], dir, temporary }), port };
    } catch (error) {
      const taken = error instanceof RedisStartError && error.log.includes("Address already in use");
      if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
