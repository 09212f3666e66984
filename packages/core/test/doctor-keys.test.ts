import { startRedis, testNamespace } from "@tidegate/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../src/index.ts";

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = server.client();
});
afterAll(() => server.stop());

async function keysFindings(engine: Engine) {
  return (await engine.doctor()).filter(({ check }) => check === "keys" || check === "left-keys");
}

const text = (value: string) => Buffer.from(value);

/** Uses everything that leaves keys. */
async function leadAFullLife(engine: Engine): Promise<void> {
  await engine.topics.put("log", { partitions: 2 });
  await engine.groups.put("log", "ranges", { maxDeliveries: 1 });
  await engine.groups.put("log", "lanes", { ordering: "key", maxDeliveries: 2 });
  const message = (number: number) => ({ key: text(`k${number}`), value: text("v"), partition: 0 });
  await engine.append("log", [message(1), message(2), { ...message(3), delayMs: 60_000 }]);
  await engine.append("log", [{ ...message(4), idempotencyKey: "once" }]);
  await engine.groups.pause("log", "lanes");
  await engine.groups.resume("log", "lanes");
  for (const group of ["ranges", "lanes"]) {
    const { leases } = await engine.groups.receive("log", group, { maxMessages: 1 });
    await engine.groups.settle("log", group, leases[0]!.id, { ack: [], deadLetter: [{ offset: 0 }] });
    const { leases: next } = await engine.groups.receive("log", group, { maxMessages: 1 });
    await engine.groups.settle("log", group, next[0]!.id, {
      ack: [],
      retry: [{ offset: 1, delayMs: 60_000 }],
    });
    await engine.groups.deadLetters("log", group);
  }
  await engine.results.put("log", "ranges", [{ partition: 0, offset: 0, value: 1 }]);
  await engine.topics.put("sale", {
    placement: "together",
    partitions: 2,
    gate: { id: "spring", stock: 3, perKey: { limit: 1, windowMs: 60_000 } },
  });
  await engine.groups.put("sale", "orders");
  await engine.append("sale", [{ key: text("ada"), value: text("v"), admission: "waived" }]);
  await engine.topics.credit("sale", {
    partition: 0,
    offset: 0,
    delayedId: null,
    gateId: "spring",
    stockUnits: 1,
  });
  await engine.lines.put("sale", { id: "line", startsAt: Date.now() + 60_000, ordersGroup: "orders" });
  await engine.lines.join("sale", { idempotencyKey: "once" });
  await engine.taskBook.writeDefinitions(new Map([["mail", "{}"]]));
  await engine.secret();
  await engine.rotateSigningKeys();
  await engine.housekeep();
}

test("every key that the engine makes is known; any other one of the namespace is told", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace });
  await leadAFullLife(engine);
  await engine.stop();
  const [fine, ...others] = await keysFindings(engine);
  expect(others).toEqual([]);
  expect(fine).toMatchObject({
    check: "keys",
    level: "ok",
    found: `all ${await redis.dbsize()} keys looked at, none unknown`,
  });

  for (const key of [
    "{other}:topics",
    `{${namespace}2}:x`,
    `{${namespace}2:log}:x`,
    "plain",
    `x{${namespace}}:x`,
    "",
  ])
    await redis.set(key, "not ours");
  expect((await keysFindings(engine)).map(({ level }) => level)).toEqual(["ok"]);

  const strange = [
    `{${namespace}}:v2`,
    `{${namespace}:log:0}:0:ledger`,
    `{${namespace}:log:0}:1:meta`,
    `{${namespace}:log:h:g}:queue`,
  ];
  for (const key of strange) await redis.set(key, "");
  const [told] = await keysFindings(engine);
  expect(told).toMatchObject({ check: "keys", level: "warning" });
  expect(told!.found).toMatch(/^of all \d+ keys, 4 are in the namespace/);
  await redis.del(...strange);

  // A deletion that a failover broke in two.
  await redis.hdel(`{${namespace}}:topics`, "log");
  expect(await keysFindings(engine)).toMatchObject([
    { check: "left-keys", level: "notice", found: "there are keys of 1 topics that do not exist: log" },
  ]);
});
