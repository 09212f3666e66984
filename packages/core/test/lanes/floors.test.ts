import { eventually, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { Engine } from "../../src/index.ts";

function openEngine(): Engine {
  const redis = new Redis(inject("redisUrl"));
  const engine = new Engine({ redis, namespace: testNamespace() });
  onTestFinished(async () => {
    await engine.stop();
    redis.disconnect();
  });
  return engine;
}

const message = (value: string) => ({ key: Buffer.from("a"), value: Buffer.from(value), partition: 0 });

test("a gate's capacity follows what lanes have done, though nobody takes any more", async () => {
  const engine = openEngine();
  await engine.topics.put("t", { partitions: 1, placement: "together", gate: { id: "g1", capacity: 6 } });
  await engine.groups.put("t", "g", { concurrency: 100 });
  const publish = async (value: string) => (await engine.append("t", [message(value)])).outcomes[0]!.status;
  for (let n = 0; n < 6; n += 1) expect(await publish(String(n))).toBe("appended");
  expect(await publish("full")).toBe("refused");
  const leases = [];
  for (let n = 0; n < 6; n += 1)
    leases.push(...(await engine.groups.receive("t", "g", { maxMessages: 1 })).leases);
  // One after the other and at once: the last two stay held.
  for (const lease of leases.slice(0, 4)) await engine.groups.settle("t", "g", lease.id, { ack: "all" });
  await eventually("there is room for four", async () => {
    const { gateState } = await engine.topics.describe("t");
    return gateState?.backlog === 2;
  });
  for (let n = 0; n < 4; n += 1) expect(await publish(`more ${n}`)).toBe("appended");
  expect(await publish("full again")).toBe("refused");
});

test("a queue keeps what waits in lanes, and lets go of what has ended", async () => {
  const engine = openEngine();
  await engine.topics.put("t", { partitions: 1, retention: { policy: "queue", bytes: 20_000, ms: null } });
  await engine.groups.put("t", "g", { ordering: "key" });
  const value = "x".repeat(1000);
  let sent = 0;
  for (;;) {
    const { outcomes } = await engine.append("t", [message(value)]);
    if (outcomes[0]!.status === "refused") break;
    sent += 1;
  }
  expect(sent).toBeGreaterThan(5);
  const { leases } = await engine.groups.receive("t", "g", { maxMessages: 3 });
  expect((await engine.append("t", [message(value)])).outcomes[0]!.status).toBe("refused");
  await engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" });
  await eventually("what has ended makes room", async () => {
    await engine.housekeep();
    return (await engine.append("t", [message(value)])).outcomes[0]!.status === "appended";
  });
  const rest = await engine.groups.receive("t", "g", { maxMessages: 1000 });
  expect(rest.leases[0]!.messages.length).toBeGreaterThanOrEqual(sent - 3);
  expect((await engine.audit("t")).findings).toEqual([]);
});
