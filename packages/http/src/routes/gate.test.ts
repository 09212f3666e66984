import { afterAll, expect, inject, onTestFinished, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";
import { parseTokens } from "../middleware/tokens.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

const buy = (topic: string, key: string, more = {}) =>
  call("POST", `/v1/topics/${topic}/messages`, { messages: [{ key, value: { buyer: key }, ...more }] });

test("the gate sells its stock, and a credit returns one unit once", async () => {
  await call("PUT", "/v1/topics/sale", {
    placement: "together",
    gate: { id: "sale-1", stock: 2, perKey: { limit: 1 } },
  });
  const sold = await buy("sale", "ada");
  expect(sold.status).toBe(202);
  expect(await buy("sale", "ada")).toMatchObject({
    status: 409,
    body: { code: "KEY_LIMIT", retryable: false, messages: [{ code: "KEY_LIMIT" }] },
  });
  expect((await buy("sale", "bob")).status).toBe(202);
  expect(await buy("sale", "cyd")).toMatchObject({
    status: 409,
    body: { code: "SOLD_OUT", messages: [{ code: "SOLD_OUT" }] },
  });

  const { ticket } = sold.body.messages[0];
  const credit = await call("POST", "/v1/topics/sale/gate/credit", { ticket });
  expect(credit).toMatchObject({ status: 200, body: { credited: true, admitted: 1 } });
  const again = await call("POST", "/v1/topics/sale/gate/credit", { ticket });
  expect(again).toMatchObject({ status: 200, body: { credited: false, admitted: 1 } });
  expect((await buy("sale", "cyd")).status).toBe(202);
  expect((await buy("sale", "dan")).body.code).toBe("SOLD_OUT");
  expect((await call("GET", "/v1/topics/sale")).body.gateState).toMatchObject({
    id: "sale-1",
    admitted: 2,
    remaining: 0,
  });
});

test("a gate tells whom it refuses where to go", async () => {
  const redirectTo = "https://shop.example/sold-out";
  await call("PUT", "/v1/topics/away", { partitions: 1, gate: { id: "s", stock: 0, redirectTo } });
  expect((await buy("away", "a")).body).toMatchObject({ code: "SOLD_OUT", redirectTo });
});

test("the gate put again in the middle of a sale changes nothing", async () => {
  const settings = { placement: "together", gate: { id: "s", stock: 2 } };
  await call("PUT", "/v1/topics/again", settings);
  await buy("again", "a");
  expect((await call("PUT", "/v1/topics/again", settings)).status).toBe(200);
  await buy("again", "b");
  expect((await buy("again", "c")).body.code).toBe("SOLD_OUT");
});

test("a shared request of which some repeat, some meet SOLD_OUT and some pass", async () => {
  await call("PUT", "/v1/topics/mixed", { partitions: 1, gate: { id: "s", stock: 2 } });
  await buy("mixed", "a", { idempotencyKey: "a" });
  const answer = await call("POST", "/v1/topics/mixed/messages", {
    messages: [
      { key: "a", value: { buyer: "a" }, idempotencyKey: "a" },
      { key: "b", value: 1, idempotencyKey: "b" },
      { key: "c", value: 1, idempotencyKey: "c" },
    ],
  });
  expect(answer).toMatchObject({
    status: 409,
    body: {
      code: "PARTLY_ADMITTED",
      messages: [{ offset: 0, duplicate: true }, { offset: 1 }, { code: "SOLD_OUT" }],
    },
  });
});

test("200 buyers at once, each asking twice under one idempotency key: the stock, and no more", async () => {
  await call("PUT", "/v1/topics/storm", {
    partitions: 1,
    gate: { id: "s", stock: 16, perKey: { limit: 1 } },
  });
  const buyers = Array.from({ length: 200 }, (_, n) => `b${n}`);
  const answers = await Promise.all(
    [...buyers, ...buyers].map(async (key) => ({
      key,
      ...(await buy("storm", key, { idempotencyKey: key })),
    })),
  );
  const sold = answers.filter(({ status }) => status === 202);
  expect(new Set(sold.map(({ body }) => body.messages[0].offset)).size).toBe(16);
  expect(new Set(sold.map(({ key }) => key)).size).toBe(16);
  expect(sold.filter(({ body }) => body.messages[0].duplicate)).toHaveLength(16);
  const refused = answers.filter(({ status }) => status !== 202);
  expect(new Set(refused.map(({ body }) => body.code))).toEqual(new Set(["SOLD_OUT"]));
  const { body } = await call("GET", "/v1/topics/storm");
  expect(body).toMatchObject({ gateState: { admitted: 16, remaining: 0 }, partitionStates: [{ end: 16 }] });
});

test("at its capacity a topic answers BACKLOG_FULL and says when to come back", async () => {
  await call("PUT", "/v1/topics/narrow", { partitions: 1, gate: { id: "n", capacity: 1 } });
  expect((await call("PUT", "/v1/topics/narrow/groups/g", {})).status).toBe(201);
  await buy("narrow", "a");
  const full = await buy("narrow", "b");
  expect(full).toMatchObject({ status: 429, body: { code: "BACKLOG_FULL", retryable: true } });
  expect(full.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
});

test("tickets that are forged, of another topic, or of no gate are refused", async () => {
  await call("PUT", "/v1/topics/one", { partitions: 1, gate: { id: "s", stock: 5 } });
  await call("PUT", "/v1/topics/two", { partitions: 1, gate: { id: "s", stock: 5 } });
  await call("PUT", "/v1/topics/free", { partitions: 1 });
  const { ticket } = (await buy("one", "a")).body.messages[0];
  const free = (await buy("free", "a")).body.messages[0].ticket;
  const credit = (topic: string, body: unknown) => call("POST", `/v1/topics/${topic}/gate/credit`, body);
  const refused = { status: 422, body: { code: "INVALID", field: "ticket" } };
  expect(await credit("two", { ticket })).toMatchObject(refused);
  expect(await credit("free", { ticket: free })).toMatchObject(refused);
  expect(
    await credit("one", { ticket: `${ticket.slice(0, -1)}${ticket.endsWith("A") ? "B" : "A"}` }),
  ).toMatchObject(refused);
  expect(await credit("one", { ticket: 7 })).toMatchObject(refused);
  expect(await credit("one", {})).toMatchObject(refused);
  expect((await credit("nowhere", { ticket })).body.code).toBe("TOPIC_NOT_FOUND");
  await call("DELETE", "/v1/topics/one");
  await call("PUT", "/v1/topics/one", { partitions: 1, gate: { id: "s", stock: 5 } });
  expect(await credit("one", { ticket })).toMatchObject(refused);
});

test("a browser's form that is refused lands on the gate's page", async () => {
  const redirectTo = "https://shop.example/sorry?sale=7#top";
  const topic = (name: string, gate: object) =>
    call("PUT", `/v1/topics/${name}`, { partitions: 1, gate: { id: "s", redirectTo, ...gate } });
  await topic("form", { stock: 1 });
  await topic("crowd", { capacity: 1 });
  const browser = { accept: "text/html,application/xhtml+xml;q=0.9", "tidegate-key": "ada" };
  const urlencoded = { ...browser, "content-type": "application/x-www-form-urlencoded; charset=UTF-8" };
  const post = (name: string, headers: Record<string, string> = urlencoded) =>
    call("POST", `/v1/topics/${name}/messages`, "size=M&colour=red", headers);
  expect(await post("form")).toMatchObject({ status: 202, body: { messages: [{ offset: 0 }] } });
  const refused = await post("form");
  expect([refused.status, refused.body]).toEqual([303, ""]);
  expect(refused.headers.get("location")).toBe("https://shop.example/sorry?sale=7&code=SOLD_OUT#top");
  expect(refused.headers.get("cache-control")).toBe("no-store");
  const multipart = { ...browser, "content-type": "multipart/form-data; boundary=b" };
  expect((await post("form", multipart)).status).toBe(303);
  await post("crowd");
  const later = await post("crowd");
  expect(later.headers.get("location")).toBe(
    "https://shop.example/sorry?sale=7&code=BACKLOG_FULL&retryAfter=5#top",
  );
  expect(later.headers.get("retry-after")).toBe("5");
  // Programs are told in their own way, and so is who sends what is wrong.
  expect(await post("form", { ...urlencoded, accept: "*/*" })).toMatchObject({
    status: 409,
    body: { redirectTo },
  });
  expect((await buy("form", "b")).status).toBe(409);
  expect((await post("form", { ...urlencoded, "tidegate-delay-ms": "soon" })).status).toBe(422);
  expect((await post("nowhere")).body.code).toBe("TOPIC_NOT_FOUND");
  await call("PUT", "/v1/topics/plain", { partitions: 1, gate: { id: "s", stock: 0 } });
  expect((await post("plain")).body.code).toBe("SOLD_OUT");
});

test.each(["/sorry", "shop.example", "javascript:alert(1)", "http://", "", `https://a/${"x".repeat(2048)}`])(
  "a gate does not send browsers to %j",
  async (redirectTo) => {
    const answer = await call("PUT", "/v1/topics/nowhere-to-go", { gate: { id: "s", redirectTo } });
    expect(answer).toMatchObject({ status: 422, body: { code: "INVALID", field: "gate.redirectTo" } });
  },
);

test("a browser's form that passed by the waiting line lands there as well", async () => {
  const app = testApp(inject("redisUrl"), { tokens: parseTokens("boss=admin;shop=publish:*") });
  onTestFinished(app.stop);
  const boss = { authorization: "Bearer boss" };
  const gate = { id: "s", stock: 5, redirectTo: "https://shop.example/line" };
  await app.call("PUT", "/v1/topics/drop", { partitions: 1, gate }, boss);
  await app.call("PUT", "/v1/topics/drop/groups/orders", {}, boss);
  const line = { id: "l", opensAt: 0, startsAt: Date.now() - 1000, ordersGroup: "orders" };
  expect((await app.call("PUT", "/v1/topics/drop/line", line, boss)).status).toBe(201);
  const form = {
    ...{ authorization: "Bearer shop", accept: "text/html" },
    "content-type": "application/x-www-form-urlencoded",
  };
  const answer = await app.call("POST", "/v1/topics/drop/messages", "size=M", form);
  expect([answer.status, answer.headers.get("location")]).toEqual([
    303,
    "https://shop.example/line?code=ADMISSION_REQUIRED",
  ]);
});
