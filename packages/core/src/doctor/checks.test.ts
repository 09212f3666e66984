import { expect, test } from "vitest";
import { checkClocksOfNodes } from "./check-clock.ts";
import { checkMemory } from "./check-memory.ts";
import { checkPersistence } from "./check-persistence.ts";
import { checkReplication } from "./check-replication.ts";
import { checkVersion } from "./check-version.ts";
import type { NodeFinding } from "./finding.ts";
import { type NodeFacts, parseInfo, parseMembers } from "./node-facts.ts";

/** States that a test cannot bring a server into; the lines are as servers write them. */
function facts(info: string, settings: Record<string, string> = {}): NodeFacts {
  const answered = { kind: "answered", value: null } as const;
  return {
    node: null,
    info: parseInfo(info),
    infoRefusal: null,
    settings: new Map(Object.entries(settings)) as NodeFacts["settings"],
    clusterInfo: null,
    clusterNodes: null,
    slowCommands: { kind: "answered", value: [] },
    script: answered,
    publish: answered,
    roundTripsMs: [],
    clock: null,
  };
}

const levels = (findings: readonly NodeFinding[]) => findings.map(({ check, level }) => `${check} ${level}`);

test.each([
  ["redis_version:6.2.14", "danger"],
  ["redis_version:7.0.0", "ok"],
  ["redis_version:8.2.1", "ok"],
  ["redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:7.2.5", "ok"],
  ["redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.0.0", "ok"],
  ["redis_version:7.4.0\r\ndragonfly_version:df-v1.30.0", "unknown"],
  ["tcp_port:6379", "unknown"],
])("version of %j: %s", (info, level) => {
  expect(levels(checkVersion(facts(info)))).toEqual([`version ${level}`]);
});

const gibibyte = 2 ** 30;
const roomy = `maxmemory_policy:noeviction\nmaxmemory:${4 * gibibyte}\ntotal_system_memory:${8 * gibibyte}`;

test.each([
  [`used_memory:${gibibyte}\nused_memory_rss:${gibibyte}`, "memory ok", "fragmentation ok"],
  [
    `used_memory:${gibibyte}\nused_memory_rss:${2 * gibibyte}\nallocator_frag_ratio:1.98\nallocator_frag_bytes:${gibibyte}`,
    "memory ok",
    "fragmentation notice",
  ],
  [`used_memory:${gibibyte}\nused_memory_rss:${gibibyte / 2}`, "memory ok", "fragmentation warning"],
  [
    `used_memory:${3.9 * gibibyte}\nused_memory_rss:${4 * gibibyte}\nmem_not_counted_for_evict:${gibibyte}`,
    "memory ok",
    "fragmentation ok",
  ],
])("memory of %j", (info, ...expected) => {
  expect(levels(checkMemory(facts(`${roomy}\n${info}`)))).toEqual(["eviction ok", ...expected]);
});

test.each([
  [0, 1, "notice"],
  [0, 5, "warning"],
  [0, 7, "danger"],
  [7.9, 1, "warning"],
])("a limit of %d of 8 GiB, %d used: %s", (limit, used, level) => {
  const info = `maxmemory_policy:noeviction\nmaxmemory:${limit * gibibyte}\ntotal_system_memory:${8 * gibibyte}\nused_memory:${used * gibibyte}\nused_memory_rss:${used * gibibyte}`;
  expect(levels(checkMemory(facts(info)))).toContain(`memory ${level}`);
});

test("an append-only file that fails", () => {
  const info =
    "aof_enabled:1\naof_last_write_status:err\naof_last_bgrewrite_status:err\naof_delayed_fsync:3\nrdb_last_bgsave_status:ok";
  expect(levels(checkPersistence(facts(info, { appendfsync: "everysec" })))).toEqual([
    "persistence ok",
    "appendfsync ok",
    "appendfsync notice",
    "last-write danger",
    "last-rewrite warning",
  ]);
});

test("replicas that do not follow are named", () => {
  const info = [
    "role:master",
    "connected_slaves:3",
    "slave0:ip=10.0.0.2,port=6379,state=online,offset=1000000000,lag=1",
    "slave1:ip=10.0.0.3,port=6379,state=wait_bgsave,offset=0,lag=0",
    "slave2:ip=10.0.0.4,port=6379,state=online,offset=900000000,lag=0",
    "master_repl_offset:1000000000",
  ].join("\r\n");
  const found = checkReplication(facts(info), false);
  expect(found.map((finding) => finding.found)).toEqual([
    "10.0.0.3:6379 is not in step yet (wait_bgsave)",
    "10.0.0.4:6379 is 95.4 MiB behind",
  ]);
});

test("clocks of nodes that differ by more than the reading may be wrong", () => {
  const at = (node: string, leadMs: number, errorMs = 1) => ({
    node,
    clock: { leadMs, errorMs, readAtMs: 0 },
  });
  expect(checkClocksOfNodes([at("a", 0)])).toBeNull();
  expect(checkClocksOfNodes([at("a", 60_000), at("b", 60_001)])).toMatchObject({ level: "ok" });
  expect(checkClocksOfNodes([at("a", 0), at("b", 900, 300), at("c", 0, 300)])).toMatchObject({
    level: "warning",
  });
  expect(checkClocksOfNodes([at("a", 0, 600), at("b", 900, 300)])).toMatchObject({ level: "ok" });
  expect(checkClocksOfNodes([at("a", -20_000), at("b", 0)])).toMatchObject({
    level: "danger",
    found: "b is 20.0 s ahead of a",
  });
});

test("nodes of a cluster, as CLUSTER NODES tells them", () => {
  const text = [
    "07c3 127.0.0.1:30004@31004,host4 slave e7d1 0 1426238317239 4 connected",
    "e7d1 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460 5462 [5461->-67ed]",
    "67ed 127.0.0.1:30002@31002 master,fail - 1426238316232 1426238316232 2 disconnected",
    "",
  ].join("\n");
  expect(parseMembers(text)).toEqual([
    {
      id: "07c3",
      address: "127.0.0.1:30004",
      flags: ["slave"],
      master: "e7d1",
      connected: true,
      hasSlots: false,
      moving: 0,
    },
    {
      id: "e7d1",
      address: "127.0.0.1:30001",
      flags: ["myself", "master"],
      master: null,
      connected: true,
      hasSlots: true,
      moving: 1,
    },
    {
      id: "67ed",
      address: "127.0.0.1:30002",
      flags: ["master", "fail"],
      master: null,
      connected: false,
      hasSlots: false,
      moving: 0,
    },
  ]);
});
