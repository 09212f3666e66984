import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { Engine } from "../../src/index.ts";

function openEngine(namespace = testNamespace()): Engine {
  const redis = new Redis(inject("redisUrl"));
  const engine = new Engine({ redis, namespace });
  onTestFinished(async () => {
    await engine.stop();
    redis.disconnect();
  });
  return engine;
}

const settings = { ordering: "key", concurrency: 1000 } as const;

test("a receive that does not wait finds what was published just before, and what a seek went back to", async () => {
  const engine = openEngine();
  await engine.topics.put("t", { partitions: 4 });
  await engine.groups.put("t", "g", settings);
  // Channels are heard from here on.
  expect((await engine.groups.receive("t", "g", { waitMs: 50 })).leases).toEqual([]);
  for (let round = 0; round < 200; round += 1) {
    const value = Buffer.from(String(round));
    await engine.append("t", [{ key: Buffer.from(`k${round % 4}`), value, partition: round % 4 }]);
    const { leases } = await engine.groups.receive("t", "g");
    expect(leases.flatMap(({ messages }) => messages.map((message) => String(message.value)))).toHaveLength(
      1,
    );
    await engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" });
  }
  await engine.groups.seek("t", "g", "earliest");
  const { leases } = await engine.groups.receive("t", "g", { maxMessages: 1000 });
  expect(leases.reduce((sum, { messages }) => sum + messages.length, 0)).toBe(200);
});

test("who waits hears of what is published, of what is settled, and of a key that is let go", async () => {
  const namespace = testNamespace();
  const engine = openEngine(namespace);
  const other = openEngine(namespace);
  await engine.topics.put("t", { partitions: 2 });
  await engine.groups.put("t", "g", settings);
  const wait = { waitMs: 30_000 };
  for (let round = 0; round < 20; round += 1) {
    const waiting = other.groups.receive("t", "g", wait);
    await engine.append("t", [
      { key: Buffer.from("a"), value: Buffer.from("1"), partition: 1 },
      { key: Buffer.from("a"), value: Buffer.from("2"), partition: 1 },
    ]);
    const [first] = (await waiting).leases;
    const rest = other.groups.receive("t", "g", wait);
    await engine.groups.settle("t", "g", first!.id, {
      ack: [first!.messages[0]!.offset],
      release: first!.messages.slice(1).map(({ offset }) => offset),
    });
    const { leases } = await rest;
    expect(leases).toHaveLength(1);
    await engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" });
  }
  const key = Buffer.from("b");
  await engine.groups.changeFlow("t", "g", { keys: [{ key, paused: true }] });
  await engine.append("t", [{ key, value: Buffer.from("x"), partition: 0 }]);
  expect((await other.groups.receive("t", "g")).leases).toEqual([]);
  const paused = other.groups.receive("t", "g", wait);
  await engine.groups.changeFlow("t", "g", { keys: [{ key, paused: false }] });
  expect((await paused).leases).toHaveLength(1);
});

test("a group that is made anew has lanes of its own, and a partition that is added goes into them", async () => {
  const engine = openEngine();
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", settings);
  await engine.append("t", [{ key: Buffer.from("a"), value: Buffer.from("1"), partition: 0 }]);
  const { leases } = await engine.groups.receive("t", "g");
  await engine.groups.delete("t", "g");
  await expect(engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" })).rejects.toMatchObject({
    code: "GROUP_NOT_FOUND",
  });
  await engine.groups.put("t", "g", settings);
  await expect(engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" })).rejects.toMatchObject({
    code: "LEASE_LOST",
  });
  await engine.topics.put("t", { partitions: 3 });
  await engine.append("t", [{ key: Buffer.from("a"), value: Buffer.from("2"), partition: 2 }]);
  const again = await engine.groups.receive("t", "g");
  expect(again.leases.map(({ partition, messages }) => [partition, messages[0]!.attempt]).sort()).toEqual([
    [0, 1],
  ]);
  await engine.groups.settle("t", "g", again.leases[0]!.id, { ack: "all" });
  const next = await engine.groups.receive("t", "g");
  expect(next.leases.map(({ partition }) => partition)).toEqual([2]);
  await engine.topics.delete("t");
  await expect(engine.groups.settle("t", "g", next.leases[0]!.id, { ack: "all" })).rejects.toMatchObject({
    code: "TOPIC_NOT_FOUND",
  });
});
