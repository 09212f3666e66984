import { Client } from "@tidegate/client";
import { type RunningServer, readConfig, startServer } from "@tidegate/server";

/** A server as `npm start` runs it, with its console. */
export interface ConsoleServer {
  readonly url: string;
  readonly port: number;
  readonly engine: RunningServer["engine"];
  /** May do everything. */
  readonly client: Client;
  stop(): Promise<void>;
}

export interface ConsoleServerOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  /** As TIDEGATE_TOKENS; the token `root` must be among them. */
  readonly tokens?: string;
  /** Default: any. */
  readonly port?: number;
}

export async function startConsoleServer(options: ConsoleServerOptions): Promise<ConsoleServer> {
  const { redisUrl, namespace, tokens, port = 0 } = options;
  const config = readConfig({
    REDIS_URL: redisUrl,
    TIDEGATE_NAMESPACE: namespace,
    TIDEGATE_LOG_LEVEL: "silent",
    PORT: String(port),
    ...(tokens !== undefined && { TIDEGATE_TOKENS: tokens }),
  });
  const server = await startServer(config);
  return {
    url: server.url,
    port: Number(new URL(server.url).port),
    engine: server.engine,
    client: new Client({ url: server.url, ...(tokens !== undefined && { token: "root" }) }),
    stop: () => server.stop(),
  };
}
