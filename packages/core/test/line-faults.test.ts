import { manualClock, startRedis, testNamespace } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Engine } from "../src/index.ts";
import { dyingConnection } from "./dying-connection.ts";

const minute = 60_000;

test("in a full Redis nobody joins any more, and those who are in the line are served", async () => {
  const server = await startRedis({ config: ["maxmemory-policy noeviction"] });
  onTestFinished(() => server.stop());
  const redis = server.client();
  const clock = manualClock();
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: () => clock.now() });
  await engine.topics.put("sale", { partitions: 1, gate: { id: "g" } });
  await engine.groups.put("sale", "orders");
  const startsAt = clock.now() + minute;
  await engine.lines.put("sale", { id: "l", startsAt, ordersGroup: "orders", maxLag: 2 });
  const visitors = [];
  for (let n = 0; n < 4; n += 1) visitors.push(await engine.lines.join("sale", { idempotencyKey: `k${n}` }));
  clock.advance(minute);
  await engine.lines.advance("sale");

  await redis.config("SET", "maxmemory", "1");
  await expect(engine.lines.join("sale")).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
  const served = await Promise.allSettled(visitors.map((visitor) => engine.lines.admit("sale", visitor)));
  const codes = served.map((one) => (one.status === "rejected" ? one.reason.code : "admitted"));
  expect(codes.sort()).toEqual(["NOT_YOUR_TURN", "NOT_YOUR_TURN", "admitted", "admitted"]);
  for (const visitor of visitors) await engine.lines.heartbeat("sale", visitor);
  expect((await engine.lines.standing("sale")).view).toMatchObject({ joined: 4, serving: 2 });

  await redis.config("SET", "maxmemory", "0");
  expect(await engine.lines.join("sale")).toMatchObject({ number: 4 });
});

test("a Redis that was killed and has its data still goes on with the line", async () => {
  const server = await startRedis({ appendonly: "always" });
  onTestFinished(() => server.stop());
  const namespace = testNamespace();
  const engine = new Engine({ redis: server.client(), namespace, subscribe: false });
  await engine.topics.put("sale", { partitions: 1, gate: { id: "g", stock: 10 } });
  await engine.groups.put("sale", "orders");
  await engine.lines.put("sale", { id: "l", startsAt: Date.now() - 1, opensAt: 0, ordersGroup: "orders" });
  const visitors = await Promise.all(Array.from({ length: 5 }, () => engine.lines.join("sale")));
  const admission = await engine.lines.admit("sale", visitors[0]!);
  const before = await engine.lines.advance("sale");
  await server.kill("SIGKILL");
  await server.restart();
  const after = new Engine({ redis: server.client(), namespace, subscribe: false });
  const { view } = await after.lines.advance("sale");
  expect(view).toMatchObject({ joined: 5, serving: before.view.serving, seed: before.view.seed });
  expect(await after.lines.admit("sale", visitors[0]!)).toMatchObject({ expiresAt: admission.expiresAt });
  expect((await after.lines.join("sale")).number).toBe(5);
  const buy = () => after.append("sale", [{ value: Buffer.from("order"), admission }]);
  expect((await buy()).outcomes[0]).toMatchObject({ status: "appended" });
  expect((await buy()).outcomes[0]).toMatchObject({ status: "refused", error: { code: "ADMISSION_USED" } });
});

test("a process may die between any two calls while a line is put", async () => {
  const server = await startRedis({});
  onTestFinished(() => server.stop());
  const redis = server.client();
  for (let calls = 0; ; calls += 1) {
    const namespace = testNamespace();
    const healthy = new Engine({ redis, namespace, subscribe: false });
    await healthy.topics.put("sale", { partitions: 1, gate: { id: "g" } });
    await healthy.groups.put("sale", "orders");
    const connection = dyingConnection(redis, calls);
    const doomed = new Engine({ redis: connection, namespace, subscribe: false });
    const settings = { id: "l", startsAt: Date.now() + minute, ordersGroup: "orders" };
    await doomed.lines.put("sale", settings).catch(() => {});
    const { line } = await healthy.lines.put("sale", settings);
    expect((await healthy.lines.standing("sale")).view.commitment).toBe(line.commitment);
    expect((await healthy.lines.join("sale")).number).toBe(0);
    if (!connection.died) {
      expect(calls).toBeGreaterThan(2);
      return;
    }
  }
});
