import { eventually, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine, type EngineOptions, type GroupSettings, type TopicFigures } from "../src/index.ts";
import { counting } from "./counting-connection.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

function openEngine(namespace: string, options: Partial<EngineOptions> = {}): Engine {
  const engine = new Engine({ redis, namespace, ...options });
  onTestFinished(() => engine.stop());
  return engine;
}

const messages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: Buffer.from(`k${index}`), value: Buffer.alloc(50) }));

const topicOf = async (engine: Engine, name = "t"): Promise<TopicFigures | undefined> =>
  (await engine.figures.read()).topics.find((topic) => topic.name === name);

/** What the figures say once they are what the whole topic, read partition by partition, says. */
async function agree(engine: Engine, groups: readonly string[]): Promise<TopicFigures> {
  return eventually("the figures agree", async () => {
    const figures = await topicOf(engine);
    const { partitionStates } = await engine.topics.describe("t");
    const sum = (field: "end" | "messages" | "bytes" | "delayed") =>
      partitionStates.reduce((total, state) => total + state[field], 0);
    expect(figures).toMatchObject({
      partitions: partitionStates.length,
      end: sum("end"),
      messages: sum("messages"),
      bytes: sum("bytes"),
      delayed: sum("delayed"),
    });
    expect(figures!.groups.map(({ name }) => name)).toEqual(groups);
    for (const { oldestAt: _oldest, ...group } of figures!.groups) {
      const { lag, inFlight, retrying, deadLettered } = await engine.groups.describe("t", group.name);
      expect(group).toEqual({ name: group.name, lag, inFlight, retrying, deadLettered });
    }
    const [topic, listed] = [await engine.topics.get("t"), await engine.groups.list("t")];
    const described = await engine.figures.describe(topic, listed);
    expect(described.partitionStates).toEqual(partitionStates);
    for (const group of described.groups) {
      const exact = await engine.groups.describe("t", group.name);
      const withoutLeases = exact.partitions.map((partition) => ({ ...partition, leases: [] }));
      expect(group).toEqual({ ...exact, partitions: withoutLeases });
    }
    return figures!;
  });
}

test("a namespace without topics has no figures", async () => {
  const engine = openEngine(testNamespace());
  expect((await engine.figures.read()).topics).toEqual([]);
});

test.each<[string, GroupSettings]>([
  ["ranges", {}],
  ["lanes", { ordering: "key" }],
])("the figures of a group on %s follow what is done", async (_mode, settings) => {
  const namespace = testNamespace();
  const engine = openEngine(namespace);
  await engine.topics.put("t", { partitions: 3 });
  await engine.groups.put("t", "g", { ...settings, maxDeliveries: 2 });
  const empty = await agree(engine, ["g"]);
  expect(empty.groups).toEqual([
    { name: "g", lag: 0, inFlight: 0, retrying: 0, deadLettered: 0, oldestAt: null },
  ]);
  const before = Date.now();
  await engine.append("t", [...messages(40), { value: Buffer.from("late"), delayMs: 3_600_000 }]);
  const full = await agree(engine, ["g"]);
  expect(full).toMatchObject({ end: 40, messages: 40, delayed: 1 });
  expect(full.groups[0]).toMatchObject({ lag: 40 });
  expect(full.groups[0]!.oldestAt).toBeGreaterThanOrEqual(before - 2_000);
  expect(full.groups[0]!.oldestAt).toBeLessThanOrEqual(Date.now());

  const { leases } = await engine.groups.receive("t", "g", { maxMessages: 30 });
  const [first, ...others] = leases;
  const [retried, dead, ...acked] = first!.messages.map(({ offset }) => offset);
  const held = leases.reduce((sum, lease) => sum + lease.messages.length, 0);
  expect((await agree(engine, ["g"])).groups[0]).toMatchObject({ lag: 40, inFlight: held });
  await engine.groups.settle("t", "g", first!.id, {
    ack: acked,
    retry: [{ offset: retried!, delayMs: 3_600_000 }],
    deadLetter: [{ offset: dead!, reason: "no" }],
  });
  const failed = await agree(engine, ["g"]);
  expect(failed.groups[0]).toMatchObject({ retrying: 1, deadLettered: 1 });
  for (const { id } of others) await engine.groups.settle("t", "g", id, { ack: "all" });

  // A group that comes later, one that goes back, one that goes.
  await engine.groups.put("t", "late", { start: "earliest" });
  await engine.groups.seek("t", "g", "earliest");
  expect((await agree(engine, ["g", "late"])).groups.map(({ lag }) => lag)).toEqual([40, 40]);
  await engine.groups.delete("t", "g");
  await agree(engine, ["late"]);
  // More partitions.
  await engine.topics.put("t", { partitions: 5 });
  expect(await agree(engine, ["late"])).toMatchObject({ partitions: 5 });
});

test("a topic that is deleted has none, one that is made anew begins at nothing", async () => {
  const engine = openEngine(testNamespace());
  await engine.topics.put("t", { partitions: 2 });
  await engine.groups.put("t", "g");
  await engine.append("t", messages(20));
  await agree(engine, ["g"]);
  await engine.topics.delete("t");
  await eventually("it is forgotten", async () => expect(await topicOf(engine)).toBeUndefined());
  await engine.topics.put("t", { partitions: 2 });
  await engine.append("t", messages(3));
  expect(await agree(engine, [])).toMatchObject({ end: 3, messages: 3 });
});

test("what a process noted last is kept when it stops", async () => {
  const namespace = testNamespace();
  const writer = openEngine(namespace);
  await writer.topics.put("t", { partitions: 1 });
  await writer.append("t", messages(7));
  await writer.stop();
  expect(await topicOf(openEngine(namespace))).toMatchObject({ end: 7 });
});

test("housekeeping notices what a process did that keeps no figures, and forgets what another deleted", async () => {
  const namespace = testNamespace();
  const edge = openEngine(namespace, { keepFigures: false });
  const server = openEngine(namespace);
  await edge.topics.put("t", { partitions: 2 });
  await edge.topics.put("gone", { partitions: 1 });
  await edge.append("t", messages(10));
  await server.housekeep();
  await agree(server, []);
  await edge.append("t", messages(5));
  await edge.groups.receive("t", "g", { maxMessages: 2 });
  await edge.topics.delete("gone");
  await server.housekeep();
  expect(await topicOf(server, "gone")).toBeUndefined();
  expect(await agree(server, ["g"])).toMatchObject({ end: 15 });
});

test("reading is one command, however many partitions there are", async () => {
  const connection = counting(redis);
  const namespace = testNamespace();
  const writer = openEngine(namespace);
  await writer.topics.put("t", { partitions: 200 });
  await writer.stop();
  const engine = openEngine(namespace, { redis: connection });
  await engine.figures.read();
  expect(connection.sent).toEqual(["HGETALL"]);
});

test("who is touched by many partitions reads a bounded number of them at a time", async () => {
  const connection = counting(redis);
  const engine = openEngine(testNamespace(), { redis: connection });
  await engine.topics.put("t", { partitions: 300 });
  connection.sent.length = 0;
  await engine.append(
    "t",
    Array.from({ length: 300 }, (_, partition) => ({ partition, value: Buffer.from("x") })),
  );
  const appends = connection.sent.length;
  await engine.stop();
  // One round, that of stopping: 128 partitions, the groups of the topic, and what is noted.
  const sent = connection.sent.slice(appends).filter((command) => command !== "EVAL");
  expect(sent.length).toBeLessThanOrEqual(130);
});
