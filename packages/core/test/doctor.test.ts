import { rm } from "node:fs/promises";
import { eventually, startProxy, startRedis, type TestRedis, type TestRedisOptions } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { Engine, type EngineOptions, type Finding } from "../src/index.ts";

async function ownRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

/** What a doctor finds there, by check. */
async function examine(redis: Redis, options: Partial<EngineOptions> = {}): Promise<Map<string, Finding[]>> {
  const engine = new Engine({ redis, subscribe: false, ...options });
  try {
    return Map.groupBy(await engine.doctor(), ({ check }) => check);
  } finally {
    await engine.stop();
  }
}

const levelsOf = (found: Map<string, Finding[]>) =>
  Object.fromEntries([...found].map(([check, list]) => [check, list.map(({ level }) => level).join(" ")]));

/** What this machine is busy with does not belong to a test. */
const ofTheMoment = ["latency", "slow-commands", "clock", "fork"];

test("a Redis that is set well gives no cause", async () => {
  const redis = (await ownRedis({ appendonly: "everysec", maxmemory: "64mb" })).client();
  const found = await examine(redis);
  for (const check of ofTheMoment) expect(found.delete(check) || check === "fork").toBe(true);
  expect(levelsOf(found)).toEqual({
    version: "ok",
    persistence: "ok",
    appendfsync: "ok",
    eviction: "ok",
    memory: "ok",
    replicas: "notice",
    cluster: "ok",
    "idle-timeout": "ok",
    keepalive: "ok",
    "output-buffers": "ok",
    "script-time": "ok",
    clients: "ok",
    keys: "ok",
  });
  for (const finding of [...found.values()].flat()) {
    expect(finding.why).not.toBe("");
    expect(finding.mend === null).toBe(finding.level === "ok");
    expect(finding.nodes).toEqual([]);
  }
});

test("settings that endanger messages or connections are found, with what mends them", async () => {
  const redis = (
    await ownRedis({
      maxmemory: "16mb",
      config: [
        "maxmemory-policy allkeys-lru",
        "timeout 30",
        "tcp-keepalive 0",
        "client-output-buffer-limit pubsub 65536 32768 10",
        "busy-reply-threshold 50",
        "notify-keyspace-events KEA",
        "disable-thp no",
        "slowlog-log-slower-than 0",
      ],
    })
  ).client();
  for (let number = 0; number < 20; number += 1) await redis.set(`filler:${number}`, Buffer.alloc(1 << 20));
  const found = await examine(redis);
  expect(levelsOf(found)).toMatchObject({
    eviction: "danger danger",
    persistence: "danger",
    "idle-timeout": "warning",
    keepalive: "warning",
    "output-buffers": "warning",
    "script-time": "warning",
    "keyspace-events": "notice",
    "huge-pages": "warning",
    "slow-commands": expect.stringMatching(/notice|warning/),
  });
  expect(found.get("eviction")!.map(({ found }) => found)).toEqual([
    "maxmemory-policy is allkeys-lru",
    expect.stringMatching(/^\d+ keys were evicted/),
  ]);
  expect(found.get("eviction")![0]!.mend).toBe("Set maxmemory-policy noeviction");
  expect([...found.values()].flat()[0]!.level).toBe("danger");
});

test("memory that is nearly full, and files that cannot be written", async () => {
  const server = await ownRedis({ appendonly: "always", maxmemory: "20mb", config: ["save 3600 1"] });
  const redis = server.client();
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info("memory"))![1]);
  const fillTo = async (part: number) => {
    for (let number = 0; (await used()) < part * 20 * 2 ** 20; number += 1)
      await redis.set(`filler:${part}:${number}`, Buffer.alloc(100_000));
  };
  await fillTo(0.85);
  expect(levelsOf(await examine(redis))).toMatchObject({ memory: "warning", appendfsync: "ok" });
  await redis.config("SET", "appendfsync", "no");
  await redis.config("SET", "no-appendfsync-on-rewrite", "yes");
  await fillTo(0.96);
  expect(levelsOf(await examine(redis))).toMatchObject({
    memory: "danger",
    appendfsync: "warning warning",
  });
  await rm(server.dir, { recursive: true });
  await redis.bgsave();
  await eventually("the snapshot has failed", async () =>
    (await redis.info("persistence")).includes("rdb_last_bgsave_status:err"),
  );
  expect(levelsOf(await examine(redis))).toMatchObject({ "last-save": "danger" });
  await redis.config("SET", "stop-writes-on-bgsave-error", "no");
  expect(levelsOf(await examine(redis))).toMatchObject({ "last-save": "warning" });
});

describe("what Redis does not tell is unknown, never guessed", () => {
  const as = (server: TestRedis, rules: string) => {
    const username = "limited";
    const admin = server.client();
    return admin
      .call("ACL", "SETUSER", username, "reset", "on", ">secret", "~*", "&*", "+@all", ...rules.split(" "))
      .then(() => server.client({ username, password: "secret", enableReadyCheck: false }));
  };

  test("without CONFIG, SLOWLOG and SCAN, as where others administer it", async () => {
    const server = await ownRedis({ appendonly: "everysec", maxmemory: "64mb" });
    const found = await examine(await as(server, "-config -slowlog -scan -time"));
    expect(levelsOf(found)).toMatchObject({
      version: "ok",
      persistence: "ok",
      appendfsync: "unknown",
      eviction: "ok",
      "idle-timeout": "unknown",
      keepalive: "unknown",
      "output-buffers": "unknown",
      "script-time": "unknown",
      "slow-commands": "unknown",
      clock: "unknown",
      keys: "unknown",
    });
    await server.client().config("SET", "appendonly", "no");
    const [persistence] = (await examine(await as(server, "-config"))).get("persistence")!;
    expect(persistence).toMatchObject({ level: "warning", found: expect.stringContaining("cannot be seen") });
  });

  test("without INFO, and with what Tidegate cannot do without forbidden", async () => {
    const server = await ownRedis();
    const found = await examine(await as(server, "-info -eval resetchannels"));
    expect(levelsOf(found)).toMatchObject({ version: "unknown", scripts: "danger", publish: "danger" });
    expect(found.has("persistence")).toBe(false);
    expect(found.get("scripts")![0]!.found).toContain("NOPERM");
  });
});

test("a Redis that is gone is a finding, not an error", async () => {
  const server = await ownRedis();
  const redis = server.client();
  await redis.ping();
  await server.kill();
  const found = await examine(redis, { callTimeoutMs: 200 });
  expect(levelsOf(found)).toEqual({ reachable: "danger" });
  await server.restart();
  expect((await examine(redis)).has("reachable")).toBe(false);
});

test("a replica in the place of its master, and a master with a replica", async () => {
  const master = await ownRedis();
  const replica = await ownRedis({ config: [`replicaof ${master.host} ${master.port}`] });
  await eventually("the replica is in step", async () =>
    (await master.client().info("replication")).includes("state=online"),
  );
  expect(levelsOf(await examine(master.client()))).toMatchObject({
    replicas: "ok",
    "split-brain": "notice",
  });
  const [role] = (await examine(replica.client())).get("role")!;
  expect(role).toMatchObject({ level: "danger", found: expect.stringContaining(`${master.port}`) });
});

test("a Redis far away, and a clock that is wrong", async () => {
  const server = await ownRedis();
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  const redis = new Redis(proxy.url);
  onTestFinished(() => redis.disconnect());
  await redis.ping();
  proxy.delay(30);
  const minute = 60_000;
  const found = await examine(redis, { now: () => Date.now() + minute });
  expect(levelsOf(found)).toMatchObject({ latency: "warning", clock: "warning" });
  expect(found.get("clock")![0]!.found).toMatch(/s behind this process's/);
});
