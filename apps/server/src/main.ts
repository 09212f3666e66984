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
  console.log(`tidegate listening on ${server.url}`);
}

/** The first signal stops gracefully; a second one does not wait. Without its own Redis it cannot go on. */
function stopOnSignals(server: RunningServer): void {
  let asked = false;
  const stop = (reason: string, code = 0): void => {
    if (asked) process.exit(1);
    asked = true;
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
    if (asked) return;
    server.log.fatal("its own redis ended by itself");
    stop("redis ended", 1);
  });
}

main().catch((error: unknown) => {
  const isForOperator = error instanceof ConfigError || (error instanceof Error && "code" in error);
  console.error(isForOperator || !(error instanceof Error) ? `tidegate: ${(error as Error).message}` : error);
  process.exit(1);
});
