import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

beforeAll(async () => {
  await call("PUT", "/v1/topics/log", { partitions: 1 });
  await call("POST", "/v1/topics/log/messages", { messages: [0, 1, 2, 3, 4].map((value) => ({ value })) });
});

const read = (query: string) => call("GET", `/v1/topics/log/partitions/0/messages${query}`);
const values = async (query: string) =>
  (await read(query)).body.messages.map((message: { value: number }) => message.value);

test("reads from offsets, ends and times", async () => {
  expect(await read("")).toMatchObject({ status: 200, body: { nextOffset: 5, start: 0, end: 5 } });
  expect(await values("")).toEqual([0, 1, 2, 3, 4]);
  expect(await values("?from=3")).toEqual([3, 4]);
  expect(await values("?from=earliest&limit=2")).toEqual([0, 1]);
  expect(await values("?from=latest")).toEqual([]);
  expect(await values("?from=time:0")).toEqual([0, 1, 2, 3, 4]);
  expect(await values("?from=time:2000-01-01T00:00:00Z")).toEqual([0, 1, 2, 3, 4]);
  expect(await values(`?from=time:${Date.now() + 3_600_000}`)).toEqual([]);
});

test.each([
  ["?from=-1", 422, "INVALID", "from"],
  ["?from=1.5", 422, "INVALID", "from"],
  ["?from=99999999999999999999", 422, "INVALID", "from"],
  ["?from=first", 422, "INVALID", "from"],
  ["?from=time:", 422, "INVALID", "from"],
  ["?from=time:yesterday", 422, "INVALID", "from"],
  ["?limit=0", 422, "INVALID", "limit"],
  ["?limit=1001", 422, "INVALID", "limit"],
  ["?limit=ten", 422, "INVALID", "limit"],
  ["?limit=5&limit=6", 422, "INVALID", "limit"],
  ["?size=5", 422, "INVALID", "size"],
  ["?from=1000000000000000", 422, "OFFSET_OUT_OF_RANGE", undefined],
])("%s is refused", async (query, status, code, field) => {
  const answer = await read(query);
  expect(answer).toMatchObject({ status, body: { code } });
  if (field !== undefined) expect(answer.body.field).toBe(field);
});

test.each([
  ["/v1/topics/log/partitions/1/messages", 404, "PARTITION_NOT_FOUND"],
  ["/v1/topics/log/partitions/1023/messages", 404, "PARTITION_NOT_FOUND"],
  ["/v1/topics/log/partitions/1024/messages", 422, "INVALID"],
  ["/v1/topics/log/partitions/-1/messages", 422, "INVALID"],
  ["/v1/topics/log/partitions/x/messages", 422, "INVALID"],
  ["/v1/topics/nowhere/partitions/0/messages", 404, "TOPIC_NOT_FOUND"],
  ["/v1/topics/nowhere.group.dlq/partitions/0/messages", 404, "TOPIC_NOT_FOUND"],
])("%s: %i %s", async (path, status, code) => {
  expect(await call("GET", path)).toMatchObject({ status, body: { code } });
});
