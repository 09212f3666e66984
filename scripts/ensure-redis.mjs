/** Finds a redis-server for tests, or installs one where that is allowed; otherwise says what to install. */
import { findRedisServer } from "../packages/embedded-redis/src/find-redis-server.ts";

try {
  await findRedisServer({ install: true, log: (line) => console.error(line) });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
