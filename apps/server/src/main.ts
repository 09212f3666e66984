import { ConfigError, readConfig } from "./config.ts";
import { type RunningServer, startServer } from "./start-server.ts";

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const server = await startServer(config);
  stopOnSignals(server);
  if (config.tokens === null)
    console.log(
      "tidegate has no TIDEGATE_TOKENS: everyone on this machine may do everything, nobody else may connect",
    );
  console.log(`tidegate shows its console at ${server.url}/console/`);
  console.log(`tidegate listening on ${server.url}`);
}

/** npm passes on a Ctrl-C that the terminal has sent as well: within so many ms, two signals are one. */
const sameSignalMs = 1000;

/** The first signal stops gracefully; a second one does not wait. Without its own Redis it cannot go on. */
function stopOnSignals(server: RunningServer): void {
  let askedAt: number | null = null;
  const stop = (reason: string, code = 0): void => {
    if (askedAt !== null) {
      if (performance.now() - askedAt > sameSignalMs) process.exit(1);
      return;
    }
    askedAt = performance.now();
    server.log.info({ reason }, "stopping");
    server.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        server.log.error({ err: error }, "did not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  server.redisExited?.then(() => {
    if (askedAt !== null) return;
    server.log.fatal("its own redis ended by itself");
    stop("redis ended", 1);
  });
}

main().catch((error: unknown) => {
  const isForOperator = error instanceof ConfigError || (error instanceof Error && "code" in error);
  console.error(isForOperator || !(error instanceof Error) ? `tidegate: ${(error as Error).message}` : error);
  process.exit(1);
});
