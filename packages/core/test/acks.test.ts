import { startCluster, startProxy, startRedis, startReplicaPair, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { Engine, type RedisConnection } from "../src/index.ts";

const message = { value: Buffer.from("x") };

function engineOn(redis: RedisConnection): Engine {
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false });
  onTestFinished(() => engine.stop());
  return engine;
}

test("acks replicas waits for a replica, and says NOT_REPLICATED when none answers", async () => {
  const pair = await startReplicaPair();
  onTestFinished(() => pair.stop());
  const engine = engineOn(pair.master.client());
  await engine.topics.put("t", { partitions: 2 });
  const { outcomes } = await engine.append("t", [message, message], { acks: "replicas" });
  expect(outcomes.map(({ status }) => status)).toEqual(["appended", "appended"]);
  await pair.replica.kill("SIGSTOP");
  onTestFinished(() => pair.replica.kill("SIGCONT"));
  await expect(engine.append("t", [message], { acks: "replicas" })).rejects.toMatchObject({
    code: "NOT_REPLICATED",
    retryable: true,
  });
  const { partitionStates } = await engine.topics.describe("t");
  expect(partitionStates.reduce((sum, { end }) => sum + end, 0)).toBe(3);
  expect((await engine.append("t", [message])).outcomes[0]?.status).toBe("appended");
});

test("acks replicas: a WAIT that was under way when its master was replaced confirms nothing", async () => {
  const [pair, successors] = await Promise.all([startReplicaPair(), startReplicaPair()]);
  const proxy = await startProxy(pair.master.port);
  const redis = new Redis(proxy.url, { retryStrategy: () => 20 });
  redis.on("error", () => {});
  onTestFinished(async () => {
    await pair.replica.kill("SIGCONT");
    redis.disconnect();
    await Promise.all([proxy.stop(), pair.stop(), successors.stop()]);
  });
  const engine = engineOn(redis);
  await engine.topics.put("t", { partitions: 1 });
  await engine.append("t", [message], { acks: "replicas" });
  await pair.replica.kill("SIGSTOP");
  const unconfirmed = expect(engine.append("t", [message], { acks: "replicas" })).rejects.toMatchObject({
    code: "TOPIC_NOT_FOUND",
  });
  // The append is answered, its WAIT is not.
  const waits = async () => (await pair.master.client().info("clients")).includes("blocked_clients:1");
  await expect.poll(waits).toBe(true);
  proxy.retarget(successors.master.port);
  proxy.cut();
  await unconfirmed;
});

test("acks replicas: what is sent again as text is waited for as well", async () => {
  const pair = await startReplicaPair();
  onTestFinished(() => pair.stop());
  const commands: string[] = [];
  const recording = (redis: Redis): RedisConnection => ({
    callBuffer(command, ...args) {
      commands.push(command);
      return redis.callBuffer(command, ...args);
    },
    duplicate: () => recording(redis.duplicate()),
    subscribe: (...channels) => redis.subscribe(...channels),
    unsubscribe: (...channels) => redis.unsubscribe(...channels),
    on: (event, listener) => redis.on(event, listener),
    off: (event, listener) => redis.off(event, listener),
    disconnect: () => redis.disconnect(),
  });
  const engine = engineOn(recording(pair.master.client()));
  await engine.topics.put("t", { partitions: 1 });
  commands.length = 0;
  await engine.append("t", [message], { acks: "replicas" });
  expect(commands).toEqual(["EVALSHA", "WAIT", "EVAL", "WAIT"]);
});

test("acks fsync is refused where the disk cannot be waited for, and given with appendfsync always", async () => {
  const everysec = await startRedis({ appendonly: "everysec" });
  onTestFinished(() => everysec.stop());
  const without = engineOn(everysec.client());
  await without.topics.put("t", { partitions: 1 });
  const [known] = (await everysec.client().call("COMMAND", "INFO", "WAITAOF")) as unknown[];
  const attempt = without.append("t", [message], { acks: "fsync" });
  if (known) expect((await attempt).outcomes[0]?.status).toBe("appended");
  else {
    await expect(attempt).rejects.toMatchObject({ code: "ACKS_UNSUPPORTED", details: { field: "acks" } });
    expect((await without.topics.describe("t")).partitionStates[0]?.end).toBe(0);
  }

  const always = await startRedis({ appendonly: "always" });
  onTestFinished(() => always.stop());
  const engine = engineOn(always.client());
  await engine.topics.put("t", { partitions: 1 });
  expect((await engine.append("t", [message], { acks: "fsync" })).outcomes[0]?.status).toBe("appended");
});

test("acks replicas finds the node of each partition on a cluster", async () => {
  const cluster = await startCluster({ masters: 3, replicasPerMaster: 1 });
  onTestFinished(() => cluster.stop());
  const engine = engineOn(cluster.client());
  await engine.topics.put("t", { partitions: 8 });
  const messages = Array.from({ length: 8 }, (_, partition) => ({ ...message, partition }));
  const { outcomes } = await engine.append("t", messages, { acks: "replicas" });
  expect(outcomes).toEqual(
    messages.map(({ partition }) => ({ status: "appended", partition, offset: 0, duplicate: false })),
  );
}, 30_000);
