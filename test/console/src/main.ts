/**
 * A server with a busy shop, to look at the console: `node --conditions=tidegate-source test/console/src/main.ts`. It ends with Ctrl-C, and
 * its data with it.
 */
import { startRedis, testNamespace } from "@tidegate/testkit";
import { fillShop } from "./fill-shop.ts";
import { keepBusy } from "./keep-busy.ts";
import { runShopTasks } from "./run-tasks.ts";
import { startConsoleServer } from "./start-console-server.ts";

const redis = await startRedis();
const namespace = testNamespace();
const server = await startConsoleServer({
  ...{ redisUrl: redis.url, namespace },
  port: Number(process.argv[2] ?? 8080),
  tokens: "root=admin;look=read",
});
const { ticket } = await fillShop(server.client);
const stopTasks = await runShopTasks(redis.url, namespace);
const rest = await keepBusy(server);
console.log(`${server.url}/console/ with the token root or look; a ticket: ${ticket}`);
process.once("SIGINT", async () => {
  await rest();
  await stopTasks();
  await server.stop();
  await redis.stop();
});
