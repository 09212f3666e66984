import { afterAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

test("a topic is created, repeated, changed, listed, described and deleted", async () => {
  const created = await call("PUT", "/v1/topics/orders", { partitions: 2, retention: { bytes: 1_000_000 } });
  expect(created).toMatchObject({
    status: 201,
    body: {
      name: "orders",
      partitions: 2,
      placement: "spread",
      retention: { bytes: 1_000_000, policy: "log" },
      gate: null,
    },
  });
  const repeated = await call("PUT", "/v1/topics/orders", { partitions: 2 });
  expect(repeated).toMatchObject({
    status: 200,
    body: { topicId: created.body.topicId, version: created.body.version },
  });
  const grown = await call("PUT", "/v1/topics/orders", { partitions: 3 });
  expect(grown).toMatchObject({ status: 200, body: { partitions: 3 } });
  const listed = await call("GET", "/v1/topics");
  expect(listed.body.topics.map((topic: { name: string }) => topic.name)).toContain("orders");
  await call("POST", "/v1/topics/orders/messages", { messages: [{ value: 1, partition: 2 }] });
  const described = await call("GET", "/v1/topics/orders");
  expect(described).toMatchObject({ status: 200, body: { name: "orders", gateState: null } });
  expect(described.body.partitionStates).toHaveLength(3);
  expect(described.body.partitionStates[2]).toMatchObject({
    partition: 2,
    start: 0,
    end: 1,
    messages: 1,
    delayed: 0,
  });
  expect(described.body.partitionStates[2].bytes).toBeGreaterThan(0);
  expect(await call("DELETE", "/v1/topics/orders")).toMatchObject({ status: 204, body: "" });
  expect(await call("GET", "/v1/topics/orders")).toMatchObject({
    status: 404,
    body: { code: "TOPIC_NOT_FOUND" },
  });
  expect(await call("DELETE", "/v1/topics/orders")).toMatchObject({
    status: 404,
    body: { code: "TOPIC_NOT_FOUND" },
  });
});

test("partitions cannot shrink and placement cannot change", async () => {
  await call("PUT", "/v1/topics/fixed", { partitions: 3 });
  expect(await call("PUT", "/v1/topics/fixed", { partitions: 2 })).toMatchObject({
    status: 409,
    body: { code: "PARTITIONS_CANNOT_SHRINK", retryable: false, field: "partitions" },
  });
  expect(await call("PUT", "/v1/topics/fixed", { placement: "together" })).toMatchObject({
    status: 409,
    body: { code: "PLACEMENT_CANNOT_CHANGE", field: "placement" },
  });
  expect((await call("GET", "/v1/topics/fixed")).body).toMatchObject({ partitions: 3, placement: "spread" });
});

test.each([
  ["a".repeat(201), 200],
  ["a%7Bb%7D", undefined],
  ["a:b", undefined],
  ["a%2Fb", undefined],
  ["a%20b", undefined],
  ["%C3%A9", undefined],
  ["%zz", undefined],
  ["orders.billing.dlq", undefined],
])("the name %s is refused", async (name, limit) => {
  const answer = await call("PUT", `/v1/topics/${name}`, {});
  expect(answer).toMatchObject({ status: 422, body: { code: "INVALID", field: "topic" } });
  if (limit !== undefined) expect(answer.body.limit).toBe(limit);
  expect((await call("POST", `/v1/topics/${name}/messages`, { messages: [{ value: 1 }] })).body.field).toBe(
    "topic",
  );
});

test.each([
  [{ partitions: 0 }, "partitions", 1],
  [{ partitions: -1 }, "partitions", 1],
  [{ partitions: 1e9 }, "partitions", 1024],
  [{ partitions: 1.5 }, "partitions", undefined],
  [{ partitions: "4" }, "partitions", undefined],
  [{ partitions: null }, "partitions", undefined],
  [{ retention: { ms: -1 } }, "retention.ms", 1],
  [{ retention: { ms: 1e300 } }, "retention.ms", undefined],
  [{ retention: { policy: "compact" } }, "retention.policy", "log, queue"],
  [{ maxMessageBytes: 2_000_000 }, "maxMessageBytes", 1_048_576],
  [{ gate: { id: "a{b}", stock: 1 } }, "gate.id", undefined],
  [{ gate: { id: "a", stock: -5 } }, "gate.stock", 0],
  [{ gate: { id: "a", perKey: { limit: 0 } } }, "gate.perKey.limit", 1],
  [{ partitions: 2, gate: { id: "a", stock: 1 } }, "gate", "placement: together"],
  [{ tags: ["a"] }, "tags", undefined],
])("the settings %j are refused and make no topic", async (settings, field, limit) => {
  const answer = await call("PUT", "/v1/topics/unmade", settings);
  expect(answer).toMatchObject({ status: 422, body: { code: "INVALID", field, retryable: false } });
  if (limit !== undefined) expect(answer.body.limit).toBe(limit);
  expect((await call("GET", "/v1/topics/unmade")).status).toBe(404);
});
