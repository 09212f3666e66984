import { placeOf } from "@tidegate/contracts";
import { testNamespace } from "@tidegate/testkit";
import { afterAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";
import { parseTokens } from "../middleware/tokens.ts";

const { call, stop, engine } = testApp(inject("redisUrl"), {
  tokens: parseTokens("boss=admin;shop=publish:*"),
});
afterAll(stop);

const boss = { authorization: "Bearer boss" };
const shop = { authorization: "Bearer shop" };
const later = () => Date.now() + 3_600_000;

/** A topic with a line that has started, or starts in an hour. */
async function openLine(topic: string, started: boolean, settings = {}): Promise<void> {
  await call("PUT", `/v1/topics/${topic}`, { partitions: 1, gate: { id: "g", stock: 100 } }, boss);
  await call("PUT", `/v1/topics/${topic}/groups/orders`, {}, boss);
  const startsAt = started ? Date.now() - 1_000 : later();
  const line = { id: "l", opensAt: 0, startsAt, ordersGroup: "orders", ...settings };
  expect(await call("PUT", `/v1/topics/${topic}/line`, line, boss)).toMatchObject({ status: 201 });
}

const join = (topic: string, body?: unknown, headers = {}) =>
  call("POST", `/v1/topics/${topic}/line/visitors`, body, headers);
const admit = (topic: string, visitor: unknown) =>
  call("POST", `/v1/topics/${topic}/line/admission`, { visitor });
const buy = (topic: string, admission?: string, headers: Record<string, string> = shop) =>
  call("POST", `/v1/topics/${topic}/messages`, { messages: [{ key: "ada", value: 1, admission }] }, headers);

test("the operator makes, changes and ends a line; visitors may not", async () => {
  await openLine("made", false, { startsAt: "2100-01-01T00:00:00Z", maxLag: 5 });
  const changed = await call("PUT", "/v1/topics/made/line", { id: "l", admissionMs: 60_000 }, boss);
  expect(changed).toMatchObject({
    status: 200,
    body: { topic: "made", id: "l", startsAt: 4_102_444_800_000, maxLag: 5, admissionMs: 60_000 },
  });
  expect(changed.body.commitment).toMatch(/^[0-9a-f]{64}$/);
  expect(changed.body.seed).toBeUndefined();
  expect((await call("PUT", "/v1/topics/made/line", { id: "l" }, shop)).body.code).toBe("FORBIDDEN");
  expect((await call("DELETE", "/v1/topics/made/line")).body.code).toBe("UNAUTHORIZED");
  expect(await call("PUT", "/v1/topics/made/line", { id: "l", colour: 1 }, boss)).toMatchObject({
    status: 422,
    body: { code: "INVALID", field: "colour" },
  });
  expect((await call("DELETE", "/v1/topics/made/line", undefined, boss)).status).toBe(204);
  expect(await call("GET", "/v1/topics/made/line")).toMatchObject({
    status: 404,
    body: { code: "LINE_NOT_FOUND" },
  });
});

test("a poll is one small document for everybody that a cache may keep", async () => {
  await openLine("polled", false);
  const first = await call("GET", "/v1/topics/polled/line");
  expect(first.status).toBe(200);
  expect(first.headers.get("cache-control")).toBe("public, max-age=1");
  expect(first.body).toMatchObject({ id: "l", state: "open", joined: 0, seed: null, serving: 0 });
  expect(JSON.stringify(first.body).length).toBeLessThan(500);
  const etag = first.headers.get("etag")!;
  const again = await call("GET", "/v1/topics/polled/line", undefined, { "if-none-match": `"x", ${etag}` });
  expect(again).toMatchObject({ status: 304, body: "" });
  expect(again.headers.get("cache-control")).toBe("public, max-age=1");
  await join("polled");
  const changed = await call("GET", "/v1/topics/polled/line", undefined, { "if-none-match": etag });
  expect(changed).toMatchObject({ status: 200, body: { joined: 1 } });
});

test("a repeated join gets the same number, by its key or by the visitor's token", async () => {
  await openLine("joined", false);
  const first = await join("joined", undefined, { "idempotency-key": "k" });
  expect(first).toMatchObject({ status: 201, body: { id: "l", number: 0, state: "open" } });
  expect(first.headers.get("cache-control")).toBe("no-store");
  expect(await join("joined", {}, { "idempotency-key": "k" })).toMatchObject({
    status: 200,
    body: first.body,
  });
  expect(await join("joined", { visitor: first.body.visitor })).toMatchObject({
    status: 200,
    body: first.body,
  });
  expect(await join("joined")).toMatchObject({ status: 201, body: { number: 1 } });
});

test("a visitor gets through the line to an order, once", async () => {
  await openLine("sale", true);
  const visitor = (await join("sale")).body;
  const line = (await call("GET", "/v1/topics/sale/line")).body;
  expect(placeOf(visitor.number, line)).toBe(0);
  const admitted = await admit("sale", visitor.visitor);
  expect(admitted).toMatchObject({ status: 200, body: { place: 0 } });
  expect((await admit("sale", visitor.visitor)).body.admission).toBe(admitted.body.admission);
  expect(await buy("sale")).toMatchObject({ status: 403, body: { code: "ADMISSION_REQUIRED" } });
  expect(await buy("sale", admitted.body.admission)).toMatchObject({ status: 202 });
  expect(await buy("sale", admitted.body.admission)).toMatchObject({
    status: 409,
    body: { code: "ADMISSION_USED" },
  });
  expect(await admit("sale", visitor.visitor)).toMatchObject({
    status: 409,
    body: { code: "ADMISSION_USED" },
  });
  expect(await buy("sale", undefined, boss)).toMatchObject({ status: 202 });
});

test("a raw body carries its admission in a header", async () => {
  await openLine("raw", true);
  const { admission } = (await admit("raw", (await join("raw")).body.visitor)).body;
  const raw = (headers: Record<string, string>) =>
    call("POST", "/v1/topics/raw/messages", "a lamp", { ...shop, "content-type": "text/plain", ...headers });
  expect((await raw({})).body.code).toBe("ADMISSION_REQUIRED");
  expect((await raw({ "tidegate-admission": "forged" })).body.code).toBe("ADMISSION_INVALID");
  expect((await raw({ "tidegate-admission": admission })).status).toBe(202);
});

test("tokens that are forged, changed, of another kind, line or deployment are refused", async () => {
  await openLine("one", true);
  await openLine("two", true);
  const { visitor } = (await join("one")).body;
  const { admission } = (await admit("one", visitor)).body;
  const changed = (token: string, at: number) =>
    token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
  const strange = { status: 422, body: { code: "INVALID", field: "visitor" } };
  for (const token of [
    "x",
    admission,
    `${visitor}A`,
    changed(visitor, 4),
    changed(visitor, visitor.length - 2),
  ]) {
    expect(await admit("one", token), token).toMatchObject(strange);
    expect(await call("POST", "/v1/topics/one/line/heartbeat", { visitor: token })).toMatchObject(strange);
    expect(await join("one", { visitor: token })).toMatchObject(strange);
  }
  expect(await admit("two", visitor)).toMatchObject(strange);
  for (const token of ["x", visitor, changed(admission, 4), changed(admission, admission.length - 2)]) {
    expect(await buy("one", token), token).toMatchObject({
      status: 403,
      body: { code: "ADMISSION_INVALID", field: "messages[0].admission" },
    });
  }
  expect(await buy("two", admission)).toMatchObject({ status: 403, body: { code: "ADMISSION_INVALID" } });
  const elsewhere = testApp(inject("redisUrl"), { ticketSecret: Buffer.alloc(32, testNamespace()) });
  expect((await elsewhere.call("POST", "/v1/topics/one/line/admission", { visitor })).body).toMatchObject({
    code: "INVALID",
  });
  await elsewhere.stop();
});

test("malformed requests of visitors are refused with their field", async () => {
  await openLine("bad", true);
  for (const body of [{}, { visitor: 7 }, { visitor: "" }, { visitor: "x".repeat(201) }])
    expect((await call("POST", "/v1/topics/bad/line/admission", body)).body).toMatchObject({
      code: "INVALID",
      field: "visitor",
    });
  expect((await join("bad", { visitor: "x", more: 1 })).body).toMatchObject({
    code: "INVALID",
    field: "more",
  });
  expect((await join("bad", undefined, { "idempotency-key": "k".repeat(257) })).body).toMatchObject({
    code: "INVALID",
    field: "Idempotency-Key",
    limit: 256,
  });
  expect((await join("nowhere")).body.code).toBe("TOPIC_NOT_FOUND");
  expect((await buy("bad", "x".repeat(201))).body).toMatchObject({
    code: "INVALID",
    field: "messages[0].admission",
  });
});

test("who is too early is told when to come", async () => {
  await openLine("early", false);
  const { visitor } = (await join("early")).body;
  const answer = await admit("early", visitor);
  expect(answer).toMatchObject({ status: 409, body: { code: "LINE_NOT_OPEN", retryable: true } });
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(3_000);
  await openLine("full", true, { maxLag: 1 });
  await join("full");
  await engine.lines.advance("full");
  const second = (await join("full")).body.visitor;
  expect(await admit("full", second)).toMatchObject({
    status: 409,
    body: { code: "NOT_YOUR_TURN", retryable: true },
  });
});

test("without tokens nobody is an operator: an admission is asked of everybody", async () => {
  const open = testApp(inject("redisUrl"));
  const put = (path: string, body: unknown) => open.call("PUT", `/v1/topics/free${path}`, body);
  await put("", { partitions: 1, gate: { id: "g" } });
  await put("/groups/orders", {});
  await put("/line", { id: "l", startsAt: Date.now(), ordersGroup: "orders" });
  const answer = await open.call("POST", "/v1/topics/free/messages", { messages: [{ value: 1 }] });
  expect(answer).toMatchObject({ status: 403, body: { code: "ADMISSION_REQUIRED" } });
  await open.stop();
});
