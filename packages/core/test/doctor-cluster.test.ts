import { eventually, startCluster, type TestCluster } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine, type Finding } from "../src/index.ts";

let cluster: TestCluster;
let engine: Engine;
beforeAll(async () => {
  cluster = await startCluster({ nodeTimeoutMs: 500 });
  engine = new Engine({ redis: cluster.client(), subscribe: false });
  await engine.topics.put("spread", { partitions: 8 });
});
afterAll(async () => {
  await engine.stop();
  await cluster.stop();
});

const addresses = () => cluster.nodes.map(({ host, port }) => `${host}:${port}`).sort();

async function findingsOf(check: string): Promise<Finding[]> {
  return (await engine.doctor()).filter((finding) => finding.check === check);
}

test("each node is examined, and what all have in common is told once", async () => {
  const [state] = await findingsOf("cluster");
  expect(state).toMatchObject({
    level: "ok",
    found: "16384 of 16384 slots are served by 3 masters, 3 nodes are known",
  });
  expect([...state!.nodes].sort()).toEqual(addresses());
  expect(await findingsOf("cluster-nodes")).toMatchObject([
    { level: "notice", found: expect.stringContaining("3 of 3 masters") },
  ]);
  expect(await findingsOf("clocks-of-nodes")).toMatchObject([{ level: "ok", nodes: [] }]);
  expect(await findingsOf("keys")).toMatchObject([{ level: "ok" }]);
});

test("each master tells what it uses", async () => {
  const uses = await engine.redisUse();
  expect(uses.map(({ node }) => node).sort()).toEqual(addresses());
  for (const { usedBytes, mayEvict } of uses) expect([usedBytes > 0, mayEvict]).toEqual([true, false]);
});

test("what is wrong with one node names it", async () => {
  const { host, port } = cluster.nodes[1]!;
  const node = cluster.nodes[1]!.client();
  await node.config("SET", "maxmemory-policy", "volatile-ttl");
  const [danger, rest] = await findingsOf("eviction");
  expect(danger).toMatchObject({
    level: "danger",
    found: "maxmemory-policy is volatile-ttl",
    nodes: [`${host}:${port}`],
  });
  expect(rest).toMatchObject({ level: "ok", nodes: { length: 2 } });
  await node.config("SET", "maxmemory-policy", "noeviction");
});

test("a node given as a single server", async () => {
  const redis = new Redis(cluster.urls[0]!);
  const alone = new Engine({ redis, subscribe: false });
  const found = (await alone.doctor()).filter(({ check }) => check === "cluster");
  expect(found.map(({ level }) => level)).toEqual(["danger", "ok"]);
  await alone.stop();
  redis.disconnect();
});

test("slots that nobody serves, and a node that is gone", async () => {
  const node = cluster.nodes[0]!.client();
  await node.call("CLUSTER", "DELSLOTS", 0);
  const missing = await findingsOf("cluster");
  expect(missing[0]).toMatchObject({ level: "danger", found: "16383 of 16384 slots belong to somebody" });
  await node.call("CLUSTER", "ADDSLOTS", 0);

  const lost = cluster.nodes[2]!;
  await lost.kill("SIGSTOP");
  const [away] = await findingsOf("reachable");
  expect(away).toMatchObject({ level: "warning", nodes: [`${lost.host}:${lost.port}`] });
  await lost.kill();
  const found = await eventually("the others have noticed", async () => {
    const all = await engine.doctor();
    return all.some(({ check, level }) => check === "cluster" && level === "danger") ? all : null;
  });
  const told = found
    .filter(({ level }) => level === "danger" || level === "warning")
    .map(({ check }) => check);
  expect(told).toContain("cluster-nodes");
  expect(found.find(({ check }) => check === "cluster-nodes")!.found).toContain(`${lost.host}:${lost.port}`);
});
