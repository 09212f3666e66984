import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

beforeAll(async () => {
  await call("PUT", "/v1/topics/orders", { partitions: 1 });
  await call("POST", "/v1/topics/orders/messages", { messages: [0, 1, 2].map((value) => ({ value })) });
});

const group = "/v1/topics/orders/groups";

test("a group is created, changed, described, listed and deleted", async () => {
  const created = await call("PUT", `${group}/billing`, { leaseMs: 5000, backoff: { initialMs: 10 } });
  expect(created).toMatchObject({
    status: 201,
    body: {
      name: "billing",
      topic: "orders",
      ordering: "none",
      leaseMs: 5000,
      backoff: { initialMs: 10, factor: 2 },
    },
  });
  expect(await call("PUT", `${group}/billing`, { maxDeliveries: 3 })).toMatchObject({
    status: 200,
    body: { leaseMs: 5000, maxDeliveries: 3 },
  });
  expect(await call("GET", `${group}/billing`)).toMatchObject({
    status: 200,
    body: {
      lag: 3,
      inFlight: 0,
      retrying: 0,
      paused: false,
      partitions: [{ partition: 0, committed: 0, end: 3, leases: [] }],
    },
  });
  const received = await call("POST", `${group}/billing/receive`, { maxMessages: 2, consumer: "worker-1" });
  expect(await call("GET", `${group}/billing`)).toMatchObject({
    body: {
      inFlight: 2,
      partitions: [{ leases: [{ id: received.body.leases[0].id, consumer: "worker-1", messages: 2 }] }],
    },
  });
  expect((await call("GET", group)).body.groups.map((one: { name: string }) => one.name)).toContain(
    "billing",
  );
  expect((await call("DELETE", `${group}/billing`)).status).toBe(204);
  expect(await call("GET", `${group}/billing`)).toMatchObject({
    status: 404,
    body: { code: "GROUP_NOT_FOUND" },
  });
});

test("a paused group hands nothing out until it is resumed", async () => {
  await call("PUT", `${group}/paused`, {});
  expect((await call("POST", `${group}/paused/pause`)).status).toBe(204);
  expect(await call("POST", `${group}/paused/receive`)).toMatchObject({
    status: 200,
    body: { leases: [], paused: true },
  });
  expect((await call("POST", `${group}/paused/resume`)).status).toBe(204);
  const { body } = await call("POST", `${group}/paused/receive`);
  expect(body).toMatchObject({ paused: false, leases: [{ messages: [{ value: 0, attempt: 1 }, {}, {}] }] });
});

test("seek moves the group, and its leases there are lost", async () => {
  await call("PUT", `${group}/seeker`, { start: "latest" });
  expect((await call("GET", `${group}/seeker`)).body.lag).toBe(0);
  for (const [to, lag] of [
    ["earliest", 3],
    ["latest", 0],
    [{ offsets: { "0": 2 } }, 1],
    [{ timestamp: 0 }, 3],
    [{ timestamp: "2000-01-01T00:00:00Z" }, 3],
  ] as const) {
    expect((await call("POST", `${group}/seeker/seek`, { to })).status).toBe(204);
    expect((await call("GET", `${group}/seeker`)).body.lag).toBe(lag);
  }
  const lease = (await call("POST", `${group}/seeker/receive`)).body.leases[0];
  await call("POST", `${group}/seeker/seek`, { to: "latest" });
  expect(await call("POST", `${group}/seeker/leases/${lease.id}/settle`, { ack: "all" })).toMatchObject({
    status: 409,
    body: { code: "LEASE_LOST", retryable: false },
  });
});

test.each([
  [{ to: { offsets: { "0": 4 } } }, 422, "OFFSET_OUT_OF_RANGE"],
  [{ to: { offsets: { "0": 1e15 } } }, 422, "OFFSET_OUT_OF_RANGE"],
  [{ to: { offsets: { "0": -1 } } }, 422, "INVALID"],
  [{ to: { offsets: { "0": 1e300 } } }, 422, "INVALID"],
  [{ to: { offsets: { "7": 0 } } }, 404, "PARTITION_NOT_FOUND"],
  [{ to: { offsets: {} } }, 422, "INVALID"],
  [{ to: { timestamp: -1 } }, 422, "INVALID"],
  [{ to: { timestamp: "noon" } }, 422, "INVALID"],
  [{ to: {} }, 422, "INVALID"],
  [{ to: "middle" }, 422, "INVALID"],
  [{}, 422, "INVALID"],
  ["", 400, "INVALID_JSON"],
])("seek %j: %i %s", async (body, status, code) => {
  await call("PUT", `${group}/still`, {});
  expect(await call("POST", `${group}/still/seek`, body)).toMatchObject({ status, body: { code } });
  expect((await call("GET", `${group}/still`)).body.lag).toBe(3);
});

test.each([
  [{ tickets: true }, "INVALID", "tickets"],
  [{ rate: { perSecond: 5 } }, "INVALID", "rate.limit"],
  [{ rate: { limit: 5, intervalMs: 1000, burst: 0 } }, "INVALID", "rate.burst"],
  [{ concurrency: 0 }, "INVALID", "concurrency"],
  [{ perKey: {} }, "INVALID", "perKey"],
  [{ ordering: "key", perKey: { header: "tenant" } }, "INVALID", "perKey.header"],
  [{ ordering: "partition", perKey: { concurrency: 1 } }, "INVALID", "perKey"],
  [{ push: { url: "/orders" } }, "INVALID", "push.url"],
  [{ push: { url: "https://a", headers: { "Content-Type": "b" } } }, "INVALID", "push.headers"],
  [{ ordering: "total" }, "INVALID", "ordering"],
  [{ start: 5 }, "INVALID", "start"],
  [{ leaseMs: 99 }, "INVALID", "leaseMs"],
  [{ leaseMs: 43_200_001 }, "INVALID", "leaseMs"],
  [{ maxDeliveries: 0 }, "INVALID", "maxDeliveries"],
  [{ maxDeliveries: 1001 }, "INVALID", "maxDeliveries"],
  [{ backoff: { factor: 0.5 } }, "INVALID", "backoff.factor"],
  [{ backoff: { maximumMs: 5 } }, "INVALID", "backoff.maximumMs"],
])("the settings %j are refused and make no group", async (settings, code, field) => {
  expect(await call("PUT", `${group}/unmade`, settings)).toMatchObject({
    status: 422,
    body: { code, field },
  });
  expect((await call("GET", `${group}/unmade`)).status).toBe(404);
});

test.each(["g".repeat(101), "a.b", "a%7Bb", "a:b", "a%20b"])("the name %s is refused", async (name) => {
  const refused = { status: 422, body: { code: "INVALID", field: "group" } };
  expect(await call("PUT", `${group}/${name}`, {})).toMatchObject(refused);
  expect(await call("POST", `${group}/${name}/receive`, {})).toMatchObject(refused);
});

test("groups of a topic that is not there", async () => {
  const nowhere = "/v1/topics/nowhere/groups";
  const missing = { status: 404, body: { code: "TOPIC_NOT_FOUND" } };
  expect(await call("GET", nowhere)).toMatchObject(missing);
  expect(await call("PUT", `${nowhere}/g`, {})).toMatchObject(missing);
  expect(await call("POST", `${nowhere}/g/receive`)).toMatchObject(missing);
  const unknown = { status: 404, body: { code: "GROUP_NOT_FOUND" } };
  for (const action of ["pause", "resume"])
    expect(await call("POST", `${group}/nobody/${action}`)).toMatchObject(unknown);
  expect(await call("POST", `${group}/nobody/seek`, { to: "latest" })).toMatchObject(unknown);
  expect(await call("DELETE", `${group}/nobody`)).toMatchObject(unknown);
});
