import { expect, test } from "vitest";
import { TidegateError } from "./errors.ts";
import { groupSettings, seekRequest } from "./groups.ts";
import { settleRequest } from "./leases.ts";
import { publishRequest } from "./messages.ts";
import { topicSettings } from "./topics.ts";
import { validate } from "./validate.ts";

function refusalOf(run: () => unknown): { code: string; field?: unknown; limit?: unknown } {
  try {
    run();
  } catch (error) {
    if (error instanceof TidegateError) return { code: error.code, ...error.details };
    throw error;
  }
  throw new Error("was accepted");
}

test.each([
  [topicSettings, { partitions: 0 }, "INVALID", "partitions", 1],
  [topicSettings, { partitions: 1025 }, "INVALID", "partitions", 1024],
  [topicSettings, { partitions: 1.5 }, "INVALID", "partitions", undefined],
  [topicSettings, { retention: { policy: "fifo" } }, "INVALID", "retention.policy", "log, queue"],
  [topicSettings, { retension: {} }, "INVALID", "retension", undefined],
  [topicSettings, { "": 1 }, "INVALID", '""', undefined],
  [topicSettings, { gate: { stock: 5 } }, "INVALID", "gate.id", undefined],
  [topicSettings, { gate: { id: "a", stock: -1 } }, "INVALID", "gate.stock", 0],
  [topicSettings, [], "INVALID", "body", undefined],
  [topicSettings, { ticketGroup: "a.b" }, "INVALID", "ticketGroup", undefined],
  [groupSettings, { rate: { perSecond: 1 } }, "INVALID", "rate.limit", undefined],
  [groupSettings, { rate: { limit: 0, intervalMs: 1000 } }, "INVALID", "rate.limit", 1],
  [groupSettings, { rate: { limit: 1, intervalMs: 86_400_001 } }, "INVALID", "rate.intervalMs", 86_400_000],
  [groupSettings, { concurrency: 0 }, "INVALID", "concurrency", 1],
  [groupSettings, { perKey: {} }, "INVALID", "perKey", undefined],
  [groupSettings, { perKey: { concurrency: 0 } }, "INVALID", "perKey.concurrency", 1],
  [groupSettings, { push: { url: "ftp://example.com" } }, "INVALID", "push.url", undefined],
  [groupSettings, { push: { url: `https://a/${"b".repeat(2048)}` } }, "INVALID", "push.url", 2048],
  [groupSettings, { push: { url: "https://a", batchSize: 1001 } }, "INVALID", "push.batchSize", 1000],
  [groupSettings, { push: { url: "https://a", timeoutMs: 99 } }, "INVALID", "push.timeoutMs", 100],
  [
    groupSettings,
    { push: { url: "https://a", headers: { Host: "b" } } },
    "INVALID",
    "push.headers",
    undefined,
  ],
  [groupSettings, { push: { url: "https://a", headers: { a: "\n" } } }, "INVALID", "push.headers", undefined],
  [groupSettings, { ordering: "sorted" }, "INVALID", "ordering", "none, partition, key"],
  [groupSettings, { leaseMs: 99 }, "INVALID", "leaseMs", 100],
  [publishRequest, { messages: [] }, "INVALID", "messages", 1],
  [publishRequest, { messages: [{}] }, "INVALID", "messages[0].value", undefined],
  [
    publishRequest,
    { messages: [{ value: 1, valueBase64: "" }] },
    "INVALID",
    "messages[0].valueBase64",
    undefined,
  ],
  [
    publishRequest,
    { messages: [{ value: 1, headers: { a: 1 } }] },
    "INVALID",
    "messages[0].headers.a",
    undefined,
  ],
  [
    publishRequest,
    { messages: [{ value: 1 }, { value: 1, delayMs: -1 }] },
    "INVALID",
    "messages[1].delayMs",
    0,
  ],
  [
    publishRequest,
    { messages: [{ value: 1, keyBase64: "%" }] },
    "INVALID",
    "messages[0].keyBase64",
    undefined,
  ],
  [seekRequest, { to: "middle" }, "INVALID", "to", "earliest, latest"],
  [seekRequest, { to: { offsets: { "0": -1 } } }, "INVALID", "to.offsets.0", 0],
  [seekRequest, { to: { offsets: {} } }, "INVALID", "to.offsets", undefined],
  [seekRequest, { to: { offsets: { "-1": 3 } } }, "INVALID", "to.offsets.-1", undefined],
  [settleRequest, { ack: "some" }, "INVALID", "ack", "all"],
  [settleRequest, { ack: [1, "2"] }, "INVALID", "ack[1]", undefined],
  [settleRequest, { ack: [1e300] }, "INVALID", "ack[0]", undefined],
  [settleRequest, { retry: [{ delayMs: 5 }] }, "INVALID", "retry[0].offset", undefined],
])("%# %j is refused", (schema, input, code, field, limit) => {
  expect(refusalOf(() => validate(schema, input))).toMatchObject(
    limit === undefined ? { code, field } : { code, field, limit },
  );
});

test("a valid body comes back as it was", () => {
  const body = {
    messages: [
      { key: null, value: null, headers: {} },
      { keyBase64: "/w==", valueBase64: null },
    ],
  };
  expect(validate(publishRequest, body)).toEqual(body);
});
