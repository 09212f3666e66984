import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { Engine, type GroupSettings, type Meter } from "../src/index.ts";

/** An engine, and everything that its meter heard but calls to Redis, whose names it gathers. */
function metered() {
  const redis = new Redis(inject("redisUrl"));
  const heard: unknown[][] = [];
  const calls = new Set<string>();
  const meter: Meter = {
    appended: (...told) => heard.push(["appended", ...told]),
    refused: (...told) => heard.push(["refused", ...told]),
    delivered: (...told) => heard.push(["delivered", ...told]),
    latency: (...told) => heard.push(["latency", ...told]),
    settled: (...told) => heard.push(["settled", ...told]),
    called: (name, ms, failed) => {
      expect(ms).toBeGreaterThanOrEqual(0);
      calls.add(failed ? `${name} failed` : name);
    },
  };
  const engine = new Engine({ redis, namespace: testNamespace(), keepFigures: false, meter });
  onTestFinished(async () => {
    await engine.stop();
    redis.disconnect();
  });
  /** What it heard since it was asked last. */
  const listen = () => heard.splice(0);
  return { engine, listen, calls };
}

const message = { value: Buffer.alloc(100) };

test("appends are told once a call, repeats not at all, refusals by code", async () => {
  const { engine, listen } = metered();
  await engine.topics.put("t", { partitions: 1, placement: "together", gate: { id: "sale", stock: 2 } });
  await engine.append("t", [{ ...message, idempotencyKey: "a" }]);
  expect(listen()).toEqual([["appended", "t", 1, expect.any(Number), "sale"]]);
  await engine.append("t", [{ ...message, idempotencyKey: "a" }]);
  expect(listen()).toEqual([]);
  await engine.append("t", [message, message, message]);
  expect(listen()).toEqual([
    ["refused", "t", "SOLD_OUT", 1, "sale"],
    ["refused", "t", "SOLD_OUT", 1, "sale"],
    ["appended", "t", 1, expect.any(Number), "sale"],
  ]);
  await engine.topics.put("open", { partitions: 1 });
  await engine.append(
    "open",
    Array.from({ length: 50 }, () => message),
  );
  const [[, , count, bytes, gate]] = listen() as [[string, string, number, number, null]];
  expect([count, gate]).toEqual([50, null]);
  expect(bytes).toBeGreaterThanOrEqual(5_000);
});

test.each<[string, GroupSettings]>([
  ["ranges", {}],
  ["lanes", { ordering: "key" }],
])("what a group on %s hands out and takes back", async (_mode, settings) => {
  const { engine, listen, calls } = metered();
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", settings);
  await engine.append("t", [message, message, message, message]);
  listen();
  const first = (await engine.groups.receive("t", "g")).leases[0]!;
  expect(listen()).toEqual([
    ["delivered", "t", "g", 4, 0],
    ["latency", "t", "g", expect.any(Number)],
  ]);
  await engine.groups.extend("t", "g", first.id, { ack: [0] });
  await engine.groups.settle("t", "g", first.id, {
    ack: [1],
    retry: [{ offset: 2, delayMs: 0 }],
    release: [3],
  });
  expect(listen()).toEqual([
    ["settled", "t", "g", { acked: 1, retried: 0, released: 0, deadLettered: 0 }],
    ["settled", "t", "g", { acked: 1, retried: 1, released: 1, deadLettered: 0 }],
  ]);
  const { leases } = await engine.groups.receive("t", "g", { waitMs: 5_000 });
  const delivered = listen().filter(([what]) => what === "delivered") as [
    string,
    string,
    string,
    number,
    number,
  ][];
  expect(delivered.reduce((sum, [, , , messages]) => sum + messages, 0)).toBe(
    leases.reduce((sum, { messages }) => sum + messages.length, 0),
  );
  expect(delivered.reduce((sum, [, , , , repeats]) => sum + repeats, 0)).toBe(
    leases.flatMap(({ messages }) => messages).filter(({ attempt }) => attempt > 1).length,
  );
  expect([...calls]).toContain("append-units");
  await expect(engine.groups.settle("t", "g", first.id, { ack: "all", heldLast: 1 })).rejects.toThrow();
  expect([...calls].some((name) => name.endsWith(" failed"))).toBe(true);
});
