import { afterAll, beforeEach, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";

const { call, stop, app } = testApp(inject("redisUrl"));
afterAll(stop);

let count = 0;
let topic = "";
let group = "";
beforeEach(async () => {
  topic = `orders-${++count}`;
  group = `/v1/topics/${topic}/groups/billing`;
  await call("PUT", `/v1/topics/${topic}`, { partitions: 1 });
  await call("POST", `/v1/topics/${topic}/messages`, { messages: [0, 1, 2, 3].map((value) => ({ value })) });
});

const receive = (body: unknown = undefined) => call("POST", `${group}/receive`, body);
const settle = (lease: string, body: unknown) => call("POST", `${group}/leases/${lease}/settle`, body);
const extend = (lease: string, body: unknown) => call("POST", `${group}/leases/${lease}/extend`, body);

test("a group that is not there is made, and messages come under a lease", async () => {
  const { status, body } = await receive();
  expect(status).toBe(200);
  expect(body).toEqual({
    paused: false,
    leases: [
      {
        id: expect.stringMatching(/^0\./),
        partition: 0,
        deadline: expect.any(Number),
        messages: [0, 1, 2, 3].map((value) => ({
          offset: value,
          key: null,
          value,
          headers: { "content-type": "application/json" },
          timestamp: expect.any(Number),
          attempt: 1,
        })),
      },
    ],
  });
  expect((await receive()).body.leases).toEqual([]);
});

test("a lease is settled in parts; what is named nowhere is retried", async () => {
  await call("PUT", group, { backoff: { initialMs: 1, maxMs: 1 } });
  const lease = (await receive()).body.leases[0].id;
  const outcome = { ack: [0], release: [1], deadLetter: [{ offset: 2, reason: "cannot be read" }] };
  const counts = { acked: 1, retried: 1, released: 1, deadLettered: 1 };
  expect(await settle(lease, outcome)).toMatchObject({ status: 200, body: counts });
  expect(await settle(lease, outcome)).toMatchObject({ status: 200, body: counts });
  expect(await settle(lease, { ack: "all" })).toMatchObject({ status: 409, body: { code: "LEASE_LOST" } });
  expect((await call("GET", `${group}/dead-letters`)).body.messages).toMatchObject([
    { originOffset: 2, reason: "cannot be read", value: 2 },
  ]);
});

test("a message that was released comes again with the same attempt, one that was retried with the next", async () => {
  const first = (await receive()).body.leases[0].id;
  await settle(first, { ack: [2, 3], release: [0], retry: [{ offset: 1, delayMs: 0 }] });
  const attempts = new Map<number, number>();
  while (attempts.size < 2) {
    const { leases } = (await receive({ waitMs: 1000 })).body;
    for (const lease of leases)
      for (const { offset, attempt } of lease.messages) attempts.set(offset, attempt);
  }
  expect([...attempts].sort()).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test("ack all ends everything, also what is then named elsewhere", async () => {
  const lease = (await receive()).body.leases[0].id;
  expect(await settle(lease, { ack: "all", release: [3] })).toMatchObject({
    status: 200,
    body: { acked: 3, released: 1, retried: 0, deadLettered: 0 },
  });
});

test("an extension moves the deadline and may acknowledge", async () => {
  const { id, deadline } = (await receive({ leaseMs: 1000 })).body.leases[0];
  const extended = await extend(id, { leaseMs: 60_000, ack: [0, 1] });
  expect(extended.status).toBe(200);
  expect(extended.body.deadline).toBeGreaterThan(deadline);
  expect(await settle(id, { ack: "all" })).toMatchObject({ status: 200, body: { acked: 2 } });
  expect((await extend(id, {})).body.code).toBe("LEASE_LOST");
});

test.each([
  [{ ack: [99] }, undefined],
  [{ ack: [0], retry: [{ offset: 0 }] }, undefined],
  [{ ack: [0.5] }, "ack[0]"],
  [{ ack: [-1] }, "ack[0]"],
  [{ ack: [1e300] }, "ack[0]"],
  [{ ack: "none" }, "ack"],
  [{ retry: [{ offset: 0, delayMs: 1e15 }] }, "retry[0].delayMs"],
  [{ deadLetter: [{ offset: 0, reason: "r".repeat(1001) }] }, "deadLetter[0].reason"],
  [{ nack: [0] }, "nack"],
])("the outcome %j is refused, and the lease goes on", async (outcome, field) => {
  const lease = (await receive()).body.leases[0].id;
  const answer = await settle(lease, outcome);
  expect(answer).toMatchObject({ status: 422, body: { code: "INVALID" } });
  if (field !== undefined) expect(answer.body.field).toContain(field);
  expect((await settle(lease, { ack: "all" })).body.acked).toBe(4);
});

test.each(["0.AAAAAAAAAAAAAAAA", "nonsense", "9.AAAAAAAAAAAAAAAA", "%7B", "0"])(
  "the lease %s is lost",
  async (lease) => {
    await receive();
    const lost = { status: 409, body: { code: "LEASE_LOST", retryable: false } };
    expect(await settle(lease, { ack: "all" })).toMatchObject(lost);
    expect(await extend(lease, {})).toMatchObject(lost);
  },
);

test.each([
  [{ maxMessages: 0 }, "maxMessages", 1],
  [{ maxMessages: 1001 }, "maxMessages", 1000],
  [{ maxBytes: -1 }, "maxBytes", 1],
  [{ waitMs: 30_001 }, "waitMs", 30_000],
  [{ leaseMs: 1 }, "leaseMs", 100],
  [{ consumer: "" }, "consumer", 1],
  [{ consumer: 5 }, "consumer", undefined],
  [{ wait: 5 }, "wait", undefined],
  [[], "body", undefined],
])("receive %j is refused", async (body, field, limit) => {
  const answer = await receive(body);
  expect(answer).toMatchObject({ status: 422, body: { code: "INVALID", field } });
  if (limit !== undefined) expect(answer.body.limit).toBe(limit);
});

test("a settle without a body retries nothing by accident", async () => {
  const lease = (await receive()).body.leases[0].id;
  expect(await settle(lease, undefined)).toMatchObject({ status: 400, body: { code: "INVALID_JSON" } });
  expect((await settle(lease, { ack: "all" })).body.acked).toBe(4);
});

test("a waiting receive gets what is published meanwhile", async () => {
  await settle((await receive()).body.leases[0].id, { ack: "all" });
  const waiting = receive({ waitMs: 20_000 });
  await call("POST", `/v1/topics/${topic}/messages`, { messages: [{ value: "late" }] });
  expect((await waiting).body.leases[0].messages[0].value).toBe("late");
});

test("a caller that hung up leaves no lease behind", async () => {
  const hangUp = new AbortController();
  hangUp.abort();
  await app.request(`${group}/receive`, { method: "POST", signal: hangUp.signal });
  const { body } = await receive();
  expect(body.leases[0].messages.map((message: { attempt: number }) => message.attempt)).toEqual([
    1, 1, 1, 1,
  ]);
});

test("a topic with policy queue has only the groups that were made", async () => {
  await call("PUT", `/v1/topics/${topic}`, { retention: { policy: "queue" } });
  expect(await receive()).toMatchObject({ status: 404, body: { code: "GROUP_NOT_FOUND" } });
});
