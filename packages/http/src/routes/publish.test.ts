import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

const path = "/v1/topics/orders/messages";
beforeAll(async () => {
  await call("PUT", "/v1/topics/orders", { partitions: 2, maxMessageBytes: 1000 });
});

const read = async (partition: number, from: number) =>
  (await call("GET", `/v1/topics/orders/partitions/${partition}/messages?from=${from}&limit=1`)).body
    .messages[0];

test("messages are answered with their places, in order, and tickets", async () => {
  const answer = await call("POST", path, {
    messages: [
      { key: "a", value: { n: 1 }, partition: 0 },
      { value: [2], partition: 1 },
      { value: 3, delayMs: 60_000 },
    ],
  });
  expect(answer.status).toBe(202);
  const [first, second, delayed] = answer.body.messages;
  expect(first).toEqual({
    partition: 0,
    offset: expect.any(Number),
    ticket: expect.stringMatching(/^[A-Za-z0-9_-]{40,}$/),
  });
  expect(second.partition).toBe(1);
  expect(delayed.offset).toBeNull();
  expect(new Set([first.ticket, second.ticket, delayed.ticket]).size).toBe(3);
  expect(answer.body.backlog).toEqual({
    messages: expect.any(Number),
    oldestMs: expect.any(Number),
    etaMs: null,
  });
  expect(await read(0, first.offset)).toMatchObject({
    key: "a",
    value: { n: 1 },
    headers: { "content-type": "application/json" },
  });
});

test("a repeat under an idempotency key is answered with the first place", async () => {
  const message = { value: "once", idempotencyKey: "k-1" };
  const first = await call("POST", path, { messages: [message] });
  const again = await call("POST", path, { messages: [message] });
  expect(again.status).toBe(202);
  expect(again.body.messages[0]).toEqual({ ...first.body.messages[0], duplicate: true });
  const other = await call("POST", path, { messages: [{ value: "twice", idempotencyKey: "k-1" }] });
  expect(other).toMatchObject({
    status: 409,
    body: {
      code: "IDEMPOTENCY_CONFLICT",
      retryable: false,
      messages: [{ code: "IDEMPOTENCY_CONFLICT", retryable: false }],
    },
  });
});

test("some admitted and some refused is PARTLY_ADMITTED, each in its place", async () => {
  await call("POST", path, { messages: [{ value: 1, idempotencyKey: "k-2" }] });
  const answer = await call("POST", path, {
    messages: [{ value: 0 }, { value: 2, idempotencyKey: "k-2" }, { value: 1, idempotencyKey: "k-2" }],
  });
  expect(answer).toMatchObject({
    status: 409,
    body: {
      code: "PARTLY_ADMITTED",
      retryable: false,
      messages: [{ offset: expect.any(Number) }, { code: "IDEMPOTENCY_CONFLICT" }, { duplicate: true }],
    },
  });
});

test.each([
  ["text/plain;charset=UTF-8", "grüße", { value: "grüße" }],
  ["text/plain; charset=latin1", Uint8Array.of(0xe9), { valueBase64: "6Q==" }],
  ["text/plain", Uint8Array.of(0xff), { valueBase64: "/w==" }],
  ["application/vnd.api+json", '{"a":1}', { value: { a: 1 } }],
  ["application/vnd.api+json", "{broken", { valueBase64: "e2Jyb2tlbg==" }],
  ["image/png", Uint8Array.of(0x89, 0, 0xff), { valueBase64: "iQD/" }],
  ["application/x-www-form-urlencoded", "a=1", { valueBase64: "YT0x" }],
])("a body of %s is the value", async (type, body, shown) => {
  const headers = { "content-type": type, "tidegate-key": "buyer 7" };
  const answer = await call("POST", path, body, headers);
  expect(answer.status).toBe(202);
  const { partition, offset } = answer.body.messages[0];
  expect(await read(partition, offset)).toMatchObject({
    key: "buyer 7",
    headers: { "content-type": type },
    ...shown,
  });
});

test("a raw body takes key, delay and idempotency key from headers", async () => {
  const headers = { "content-type": "text/plain", "idempotency-key": "raw-1", "tidegate-delay-ms": "50000" };
  const first = await call("POST", path, "x", headers);
  expect(first).toMatchObject({ status: 202, body: { messages: [{ offset: null }] } });
  expect((await call("POST", path, "x", headers)).body.messages[0]).toEqual({
    ...first.body.messages[0],
    duplicate: true,
  });
  expect((await call("POST", path, "y", headers)).body.code).toBe("IDEMPOTENCY_CONFLICT");
});

test("an empty body without a content type is an empty value", async () => {
  const answer = await call("POST", path, new Uint8Array(), {});
  const { partition, offset } = answer.body.messages[0];
  expect(await read(partition, offset)).toMatchObject({ valueBase64: "", headers: {} });
});

test.each([
  [{ "tidegate-key": "é" }, "Tidegate-Key"],
  [{ "tidegate-key": "k".repeat(1025) }, "Tidegate-Key"],
  [{ "idempotency-key": "k".repeat(257) }, "Idempotency-Key"],
  [{ "tidegate-delay-ms": "-1" }, "Tidegate-Delay-Ms"],
  [{ "tidegate-delay-ms": "soon" }, "Tidegate-Delay-Ms"],
  [{ "tidegate-delay-ms": "99999999999" }, "Tidegate-Delay-Ms"],
  [{ "content-encoding": "gzip" }, "Content-Encoding"],
  [{ "content-type": "text/plain, application/json" }, "Content-Type"],
])("raw fields %j are refused", async (headers, field) => {
  expect(await call("POST", path, "x", { "content-type": "text/plain", ...headers })).toMatchObject({
    status: 422,
    body: { code: "INVALID", field },
  });
});

test("the headers of a raw body do not stand beside JSON", async () => {
  expect(await call("POST", path, { messages: [{ value: 1 }] }, { "idempotency-key": "k" })).toMatchObject({
    status: 422,
    body: { code: "INVALID", field: "Idempotency-Key" },
  });
});

test("keys, values and headers of arbitrary bytes and unicode come back as they were", async () => {
  const messages = [
    { keyBase64: "/w==", valueBase64: "/wA=", headersBase64: { h: "/w==" } },
    { key: "\u0000😀ключ", value: "\u2028 \\ud800 😀", headers: { ключ: "значение", __proto__x: "1" } },
    { key: "", value: null, headers: { "content-type": "application/json", a: "" } },
    { key: null, valueBase64: null },
    { value: { __proto__: 1, "": [], "\u0000": "\ud800" } },
  ];
  const answer = await call("POST", path, { messages });
  expect(answer.status).toBe(202);
  const back = await Promise.all(
    answer.body.messages.map((place: { partition: number; offset: number }) =>
      read(place.partition, place.offset),
    ),
  );
  expect(back[0]).toMatchObject(messages[0]!);
  expect(back[1]).toMatchObject(messages[1]!);
  expect(back[2]).toMatchObject({ key: "", value: null, headers: { a: "" } });
  expect(back[3]).toMatchObject({ key: null, valueBase64: null, headers: {} });
  expect(back[4]!.value).toEqual(JSON.parse(JSON.stringify(messages[4]!.value)));
});

test.each([
  ["", 400, "INVALID_JSON", undefined],
  ["{", 400, "INVALID_JSON", undefined],
  ['{"messages":[{"value":NaN}]}', 400, "INVALID_JSON", undefined],
  ['{"messages":[{"value":12345678901234567890}]}', 422, "INVALID", "messages[0].value"],
  ['{"messages":[{"value":1,"partition":1e400}]}', 422, "INVALID", "messages[0].partition"],
  [
    `{"messages":[{"value":${"[".repeat(10_000)}${"]".repeat(10_000)}}]}`,
    422,
    "INVALID",
    "messages[0].value",
  ],
  ['{"messages":[{"value":1,"partition":2}]}', 404, "PARTITION_NOT_FOUND", "messages[0].partition"],
  ['{"messages":[{"value":1,"partition":-1}]}', 422, "INVALID", "messages[0].partition"],
  ['{"messages":[{"value":1},{"value":1,"delayMs":-1}]}', 422, "INVALID", "messages[1].delayMs"],
  [
    JSON.stringify({ messages: [{ value: "a".repeat(1001) }] }),
    413,
    "MESSAGE_TOO_LARGE",
    "messages[0].value",
  ],
  [
    JSON.stringify({ messages: [{ value: 1, key: "é".repeat(600) }] }),
    413,
    "MESSAGE_TOO_LARGE",
    "messages[0].key",
  ],
  [JSON.stringify({ messages: new Array(100_000).fill({ value: 1 }) }), 413, "REQUEST_TOO_LARGE", "messages"],
  ['{"messages":[{"value":1}],"acks":"all"}', 422, "INVALID", "acks"],
  ['{"messages":"all"}', 422, "INVALID", "messages"],
  ["null", 422, "INVALID", "body"],
])("bad input %# changes nothing", async (body, status, code, field) => {
  const ends = async () =>
    (await call("GET", "/v1/topics/orders")).body.partitionStates.map((state: { end: number }) => state.end);
  const before = await ends();
  const answer = await call("POST", path, body, { "content-type": "application/json" });
  expect(answer).toMatchObject({ status, body: { code, retryable: false } });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body.field).toBe(field);
  expect(await ends()).toEqual(before);
});

test("1,000 messages go in one request, 1,001 do not", async () => {
  const messages = new Array(1000).fill({ value: 1 });
  expect((await call("POST", path, { messages })).body.messages).toHaveLength(1000);
  expect(await call("POST", path, { messages: [...messages, { value: 1 }] })).toMatchObject({
    status: 413,
    body: { code: "REQUEST_TOO_LARGE", field: "messages", limit: 1000 },
  });
});

test("acks at a level that this Redis does not have are refused", async () => {
  expect(await call("POST", path, { messages: [{ value: 1 }], acks: "fsync" })).toMatchObject({
    status: 422,
    body: { code: "ACKS_UNSUPPORTED", retryable: false },
  });
  expect((await call("POST", path, { messages: [{ value: 1 }], acks: "leader" })).status).toBe(202);
});

test("a topic that is not there is TOPIC_NOT_FOUND", async () => {
  expect(await call("POST", "/v1/topics/nowhere/messages", { messages: [{ value: 1 }] })).toMatchObject({
    status: 404,
    body: { code: "TOPIC_NOT_FOUND" },
  });
});
