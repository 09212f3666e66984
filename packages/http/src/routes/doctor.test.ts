import { auditReport, diagnosis } from "@tidegate/contracts";
import { startRedis } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { type TestApp, testApp } from "../fixtures/test-app.ts";
import { parseTokens } from "../middleware/tokens.ts";

const redisUrl = inject("redisUrl");
const tokens = parseTokens("root=admin; reader=read; some=consume:*/*,publish:*");
let app: TestApp;
beforeAll(() => {
  app = testApp(redisUrl, { tokens });
});
afterAll(() => app.stop());

const as = (token: string, path: string) =>
  app.call("GET", path, undefined, { authorization: `Bearer ${token}` });

test("Redis is examined for administrators alone", async () => {
  const { status, body } = await as("root", "/v1/doctor");
  expect(status).toBe(200);
  expect(diagnosis.strict().parse(body)).toEqual(body);
  expect(body.findings).toContainEqual(
    expect.objectContaining({ check: "eviction", level: "ok", mend: null }),
  );
  for (const token of ["reader", "some"]) expect((await as(token, "/v1/doctor")).status).toBe(403);
  expect((await as("nobody", "/v1/doctor")).status).toBe(401);
});

test("a Redis that hangs is told of, where other requests are refused", async () => {
  const server = await startRedis();
  const own = testApp(server.url);
  onTestFinished(async () => {
    await server.kill("SIGCONT");
    await own.stop();
    await server.stop();
  });
  await own.engine.topics.list();
  await server.kill("SIGSTOP");
  const { status, body } = await own.call("GET", "/v1/doctor");
  expect(status).toBe(200);
  expect(body.findings).toMatchObject([{ check: "reachable", level: "danger" }]);
});

test("a topic is recounted for administrators alone", async () => {
  await app.engine.topics.put("counted", { partitions: 2 });
  await app.engine.groups.put("counted", "g");
  await app.engine.append("counted", [{ value: Buffer.from("x") }]);
  const path = "/v1/topics/counted/audit";
  const { status, body } = await as("root", path);
  expect(status).toBe(200);
  expect(auditReport.strict().parse(body)).toEqual(body);
  expect(body).toEqual({ topic: "counted", partitions: 2, groups: 1, messages: 1, findings: [] });
  for (const token of ["reader", "some"]) expect((await as(token, path)).status).toBe(403);
  expect(await as("root", "/v1/topics/none/audit")).toMatchObject({
    status: 404,
    body: { code: "TOPIC_NOT_FOUND" },
  });
  expect(await as("root", "/v1/topics/a%20b/audit")).toMatchObject({ status: 422, body: { field: "topic" } });
});

test("a recount ends when its caller hangs up", async () => {
  await app.engine.topics.put("long", { partitions: 1 });
  await app.engine.append("long", [{ value: Buffer.from("x") }]);
  const reason = new Error("hung up");
  await expect(app.engine.audit("long", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
