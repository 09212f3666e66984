import { existsSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { startRedis, type TestRedisOptions } from "./start-redis.ts";

async function start(options?: TestRedisOptions) {
  const redis = await startRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}

test("options reach the server", async () => {
  const redis = await start({ maxmemory: "64mb", config: ["hz 50"] });
  const client = redis.client();
  expect(await client.config("GET", "maxmemory")).toEqual(["maxmemory", "67108864"]);
  expect(await client.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
  expect(await client.config("GET", "hz")).toEqual(["hz", "50"]);
});

test("what is on disk is there again after a crash, on the same port with another pid", async () => {
  const redis = await start({ appendonly: "always" });
  const { port, pid } = redis;
  const client = redis.client();
  await client.set("kept", "yes");
  await redis.kill("SIGKILL");
  expect(redis.running).toBe(false);
  await redis.restart();
  expect(redis.running).toBe(true);
  expect([redis.port, redis.pid === pid]).toEqual([port, false]);
  expect(await client.get("kept")).toBe("yes");
});

test("it can hang and go on", async () => {
  const redis = await start();
  const client = redis.client({ commandTimeout: 100, autoResendUnfulfilledCommands: false });
  await client.ping();
  await redis.kill("SIGSTOP");
  await expect(client.ping()).rejects.toThrow();
  await redis.kill("SIGCONT");
  await eventually("it answers", () => client.ping());
});

test("stop leaves no folder", async () => {
  const redis = await startRedis();
  expect(existsSync(redis.dir)).toBe(true);
  await redis.kill("SIGSTOP");
  await redis.stop();
  await redis.stop();
  expect(existsSync(redis.dir)).toBe(false);
});
