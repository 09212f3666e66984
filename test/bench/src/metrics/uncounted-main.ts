import { startServer } from "@tidegate/server";
import { namespace } from "../tidegate.ts";

const server = await startServer({
  port: 0,
  host: "127.0.0.1",
  redisUrl: process.argv[2]!,
  namespace,
  dataDir: ".tidegate",
  tokens: null,
  metrics: false,
  logLevel: "error",
});
console.log(server.url);
process.once("SIGTERM", () => void server.stop().then(() => process.exit()));
