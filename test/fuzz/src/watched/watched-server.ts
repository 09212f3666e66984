import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { startWatched, type WatchedProcess } from "./watched-process.ts";

/** The server as its users run it, in a process that is watched. */
export interface WatchedServer extends WatchedProcess {
  readonly url: string;
}

/** How it is run, beside what every run needs. */
export interface WatchedServerOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  /** `TIDEGATE_TOKENS`; left out: none. */
  readonly tokens?: string;
}

/** Starts the server and resolves when it listens. It logs what went wrong (level `error`) to stderr. */
export async function startWatchedServer(options: WatchedServerOptions): Promise<WatchedServer> {
  const server = startWatched(serverMain(), [], {
    PORT: "0",
    REDIS_URL: options.redisUrl,
    TIDEGATE_NAMESPACE: options.namespace,
    TIDEGATE_LOG_LEVEL: "error",
    // Addresses that a generator has made up are somebody's.
    TIDEGATE_PUSH: "off",
    ...(options.tokens === undefined ? {} : { TIDEGATE_TOKENS: options.tokens }),
  });
  const [, url] = await server.line(/^tidegate listening on (\S+)$/);
  return Object.assign(server, { url: url! });
}

/** The entry of the server's package, in source: its `exports` name only what others import. */
function serverMain(): URL {
  const entry = createRequire(import.meta.url).resolve("@tidegate/server");
  return new URL("../src/main.ts", pathToFileURL(entry));
}
