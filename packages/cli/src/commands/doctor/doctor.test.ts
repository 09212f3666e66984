import { startRedis, type TestRedis } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";

let redis: TestRedis;
let cli: TestCli;
beforeAll(async () => {
  redis = await startRedis({ appendonly: "everysec", maxmemory: "64mb", config: ["timeout 300"] });
  cli = await startCli(redis.url);
});
afterAll(async () => {
  await cli.stop();
  await redis.stop();
});

test("a Redis that endangers nothing is a success; what might be better is told", async () => {
  const { code, stdout, stderr } = await cli.run(["doctor"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^ok +eviction +maxmemory-policy is noeviction$/m);
  expect(stdout).toMatch(/^notice +idle-timeout +timeout is 300 s\n +why: .+\n +mend: Set timeout 0$/m);
});

test("what is dangerous stands first, and fails", async () => {
  const client = redis.client();
  await client.config("SET", "maxmemory-policy", "allkeys-lru");
  for (const run of [cli.run, cli.runOnRedis]) {
    const ended = await run(["doctor"]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(
      /^danger +eviction +maxmemory-policy is allkeys-lru\n +why: .+\n +mend: Set maxmemory-policy noeviction\n/,
    );
    expect(ended.stderr).toMatch(/^error: the doctor found 1 danger and \d+ warnings?\n$/);
  }
  const json = await cli.run(["doctor", "--json"]);
  expect(json.code).toBe(1);
  expect(json.json().findings[0]).toMatchObject({ check: "eviction", level: "danger", nodes: [] });
  await client.config("SET", "maxmemory-policy", "noeviction");
});

test("warnings fail where one asks for it", async () => {
  const client = redis.client();
  await client.config("SET", "appendfsync", "no");
  expect((await cli.run(["doctor"])).code).toBe(0);
  const strict = await cli.run(["doctor", "--strict"]);
  expect(strict.code).toBe(1);
  expect(strict.stdout).toMatch(/^warning +appendfsync +appendfsync is no$/m);
  await client.config("SET", "appendfsync", "everysec");
});

test("without rights, and with too many words", async () => {
  const forbidden = await cli.run(["doctor"], { env: { TIDEGATE_TOKEN: "nobody" } });
  expect(forbidden).toMatchObject({ code: 4, stdout: "" });
  expect(await cli.run(["doctor", "orders"])).toMatchObject({ code: 2, stdout: "" });
});
