import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

const group = "/v1/topics/orders/groups/billing";
const letters = `${group}/dead-letters`;
beforeAll(async () => {
  await call("PUT", "/v1/topics/orders", { partitions: 1 });
  await call("POST", "/v1/topics/orders/messages", {
    messages: [0, 1, 2].map((value) => ({ key: `k${value}`, value, headers: { trace: "t" } })),
  });
  const lease = (await call("POST", `${group}/receive`)).body.leases[0].id;
  await call("POST", `${group}/leases/${lease}/settle`, {
    deadLetter: [0, 1, 2].map((offset) => ({ offset, reason: `bad ${offset}` })),
  });
});

test("dead letters are listed in pages, and read as an ordinary topic", async () => {
  const all = await call("GET", letters);
  expect(all).toMatchObject({ status: 200, body: { next: null } });
  expect(all.body.messages).toMatchObject(
    [0, 1, 2].map((n) => ({
      partition: 0,
      offset: n,
      originOffset: n,
      attempts: 1,
      reason: `bad ${n}`,
      key: `k${n}`,
      value: n,
    })),
  );
  const page = await call("GET", `${letters}?limit=2`);
  expect(page.body.messages).toHaveLength(2);
  const rest = await call(
    "GET",
    `${letters}?partition=${page.body.next.partition}&from=${page.body.next.from}`,
  );
  expect(rest.body.messages).toMatchObject([{ originOffset: 2 }]);
  const read = await call("GET", "/v1/topics/orders.billing.dlq/partitions/0/messages");
  expect(read.body.messages).toMatchObject([
    { value: 0, headers: { trace: "t" } },
    { value: 1 },
    { value: 2 },
  ]);
});

test("redrive hands messages to the group again", async () => {
  const one = await call("POST", `${letters}/redrive`, { messages: [{ partition: 0, offset: 1 }] });
  expect(one).toMatchObject({ status: 200, body: { redriven: 1 } });
  const again = await call("POST", `${group}/receive`);
  expect(again.body.leases[0].messages).toMatchObject([{ offset: 1, value: 1, attempt: 1 }]);
  expect((await call("POST", `${letters}/redrive`, { all: true })).body.redriven).toBe(2);
  expect((await call("GET", letters)).body.messages).toEqual([]);
});

test.each([
  [{}, "body"],
  [{ all: false }, "all"],
  [{ messages: [] }, "messages"],
  [{ messages: [{ partition: 0 }] }, "messages[0].offset"],
  [{ all: true, messages: [{ partition: 0, offset: 0 }] }, undefined],
])("redrive %j is refused", async (body, field) => {
  const answer = await call("POST", `${letters}/redrive`, body);
  expect(answer).toMatchObject({ status: 422, body: { code: "INVALID" } });
  if (field !== undefined && field !== "body") expect(answer.body.field).toBe(field);
});

test.each(["?limit=0", "?partition=x", "?from=-1", "?offset=1"])(
  "the listing %s is refused",
  async (query) => {
    expect(await call("GET", letters + query)).toMatchObject({ status: 422, body: { code: "INVALID" } });
  },
);

test("a group that is not there has no dead letters", async () => {
  const path = "/v1/topics/orders/groups/nobody/dead-letters";
  expect(await call("GET", path)).toMatchObject({ status: 404, body: { code: "GROUP_NOT_FOUND" } });
  expect(await call("POST", `${path}/redrive`, { all: true })).toMatchObject({
    body: { code: "GROUP_NOT_FOUND" },
  });
});
