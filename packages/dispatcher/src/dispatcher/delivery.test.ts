import { pushRequest } from "@tidegate/contracts";
import { eventually } from "@tidegate/testkit";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { answers, endpoint, ok } from "../fixtures/endpoint.ts";
import { post, upTo } from "../fixtures/post.ts";

/** Waits until the group has settled everything. */
async function drained(office: Awaited<ReturnType<typeof post>>, group: string): Promise<void> {
  await eventually(
    `${group} is drained`,
    async () => {
      const { lag, inFlight, retrying } = await office.describe(group);
      return lag === 0 && inFlight === 0 && retrying === 0;
    },
    30_000,
  );
}

test("messages are posted as the contract says, signed, and acknowledged by a 2xx", async () => {
  const office = await post();
  const shop = await endpoint();
  await office.group("billing", shop.url, { push: { url: shop.url, headers: { "x-shop": "7" } } });
  await office.engine.append(office.topic, [
    {
      key: Buffer.from("é"),
      value: Buffer.from('{"n":1}'),
      headers: [{ key: "content-type", value: Buffer.from("application/json") }],
    },
    { key: Buffer.of(255), value: Buffer.of(0, 255) },
    { value: null },
  ]);
  office.dispatch();
  await shop.requests(3);
  await drained(office, "billing");
  const { current } = await office.engine.signingKeys();
  const { topicId } = await office.engine.topics.get(office.topic);
  const byId = new Map(shop.heard.map((heard) => [heard.body.messages[0]!.id, heard]));
  expect([...byId.keys()].sort()).toEqual(["0-0", "0-1", "0-2"]);
  for (const [id, { headers, raw, body }] of byId) {
    expect(pushRequest.parse(body)).toEqual(body);
    expect(new Webhook(current).verify(raw, headers as Record<string, string>)).toEqual(body);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "webhook-id": `${topicId}:billing:${id}`,
      "x-shop": "7",
      "tidegate-timeout-ms": "30000",
    });
  }
  expect(byId.get("0-0")!.body).toMatchObject({
    topic: "orders",
    group: "billing",
    messages: [{ partition: 0, offset: 0, key: "é", value: { n: 1 }, attempt: 1 }],
  });
  expect(byId.get("0-1")!.body.messages).toMatchObject([{ keyBase64: "/w==", valueBase64: "AP8=" }]);
  expect(byId.get("0-2")!.body.messages).toMatchObject([{ key: null, valueBase64: null }]);
});

test("batches hold what the group says, and only what failed comes again", async () => {
  const office = await post();
  const shop = await endpoint((heard, response) => {
    const failed = heard.body.messages.filter(({ value, attempt }) => value === 2 && attempt === 1);
    const batchItemFailures = failed.map(({ id }) => ({ itemIdentifier: id }));
    answers(200, {}, { batchItemFailures })(heard, response);
  });
  await office.group("billing", shop.url, { push: { url: shop.url, batchSize: 4 } });
  await office.publish(...upTo(8));
  office.dispatch();
  await drained(office, "billing");
  const batches = shop.heard.map(({ body }) => body.messages.map(({ offset }) => offset));
  expect(batches.every((batch) => batch.length <= 4)).toBe(true);
  expect(batches.flat().sort()).toEqual([0, 1, 2, 2, 3, 4, 5, 6, 7]);
  expect(batches).toContainEqual([2]);
  const ids = new Set(shop.heard.map(({ headers }) => headers["webhook-id"]));
  expect(ids.size).toBe(shop.heard.length);
});

test("a batch that is tried again as it was keeps its webhook-id", async () => {
  const office = await post();
  const shop = await endpoint((heard, response) => {
    if (shop.heard.length === 1) answers(500)(heard, response);
    else ok(heard, response);
  });
  await office.publish(...upTo(3));
  await office.group("billing", shop.url, { push: { url: shop.url, batchSize: 3 } });
  office.dispatch();
  await drained(office, "billing");
  const [first, second] = shop.heard;
  expect(second!.body.messages).toMatchObject([{ attempt: 2 }, { attempt: 2 }, { attempt: 2 }]);
  expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
});

test("failures spend attempts and end with their reason in the dead-letter log", async () => {
  const office = await post();
  const shop = await endpoint(answers(400, { "content-type": "text/plain" }, "no such product"));
  await office.group("billing", shop.url, { maxDeliveries: 3 });
  await office.publish("a");
  const { events } = office.dispatch();
  await events.next("failed", ({ becomes }) => becomes === "dead-letter");
  await drained(office, "billing");
  expect(shop.heard.map(({ body }) => body.messages[0]!.attempt)).toEqual([1, 2, 3]);
  expect(await office.deadLetters("billing")).toMatchObject([
    { originOffset: 0, attempts: 3, reason: "status 400: no such product" },
  ]);
});

test("tidegate-retry: never gives up at once", async () => {
  const office = await post();
  const shop = await endpoint(answers(422, { "tidegate-retry": "never" }));
  await office.group("billing", shop.url);
  await office.publish("a");
  office.dispatch();
  await eventually("it is a dead letter", async () => (await office.deadLetters("billing")).length === 1);
  expect(shop.heard).toHaveLength(1);
  expect(await office.deadLetters("billing")).toMatchObject([{ attempts: 1, reason: "status 422" }]);
});

test("each message of a batch gets what the answer says of it", async () => {
  const office = await post();
  const shop = await endpoint((heard, response) => {
    const failures = heard.body.messages.flatMap(({ id, value, attempt }): object[] => {
      if (value === "bury") return [{ itemIdentifier: id, outcome: "dead-letter", reason: "spoilt" }];
      if (value === "again" && attempt === 1) return [{ itemIdentifier: id, delayMs: 0 }];
      if (value === "back" && shop.heard.length === 1) return [{ itemIdentifier: id, outcome: "release" }];
      return [];
    });
    answers(200, {}, { batchItemFailures: failures })(heard, response);
  });
  await office.publish("fine", "bury", "again", "back");
  await office.group("billing", shop.url, { push: { url: shop.url, batchSize: 10 } });
  office.dispatch();
  await drained(office, "billing");
  expect(await office.deadLetters("billing")).toMatchObject([{ originOffset: 1, reason: "spoilt" }]);
  const attempts = (value: string) =>
    shop.heard.flatMap(({ body }) => body.messages.filter((m) => m.value === value).map((m) => m.attempt));
  expect(attempts("fine")).toEqual([1]);
  expect(attempts("again")).toEqual([1, 2]);
  expect(attempts("back")).toEqual([1, 1]);
});

test("an answer that cannot be understood fails the whole batch", async () => {
  const office = await post();
  const shop = await endpoint(answers(200, {}, { batchItemFailures: [{ itemIdentifier: "9-9" }] }));
  await office.publish("a", "b");
  await office.group("billing", shop.url, { maxDeliveries: 1, push: { url: shop.url, batchSize: 2 } });
  const { events } = office.dispatch();
  const { ids, reason } = await events.next("failed");
  expect(ids).toEqual(["0-0", "0-1"]);
  expect(reason).toContain("batchItemFailures");
  await eventually("they are dead letters", async () => (await office.deadLetters("billing")).length === 2);
});

test("results are kept before their messages are acknowledged; one that cannot be kept is told", async () => {
  const office = await post();
  const shop = await endpoint((heard, response) => {
    const results = heard.body.messages.map(({ id, value }) => ({ itemIdentifier: id, result: `${value}!` }));
    answers(200, {}, { results })(heard, response);
  });
  await office.publish("a", "b");
  await office.group("billing", shop.url, { push: { url: shop.url, batchSize: 2 } });
  const kept: unknown[] = [];
  const { events } = office.dispatch({
    async onResult({ topic, group, partition, message }, result) {
      const { committed } = (await office.describe(group)).partitions[0]!;
      kept.push([topic, group, partition, message.offset, result, committed]);
      if (message.offset === 1) throw new Error("too large");
    },
  });
  expect(await events.next("result-lost")).toMatchObject({ ids: ["0-1"] });
  await drained(office, "billing");
  expect(kept).toEqual([
    ["orders", "billing", 0, 0, "a!", 0],
    ["orders", "billing", 0, 1, "b!", 0],
  ]);
});

test("order is kept: what stands behind a failure waits for it", async () => {
  const office = await post();
  let failures = 2;
  const seen: unknown[] = [];
  const shop = await endpoint((heard, response) => {
    const { value } = heard.body.messages[0]!;
    if (value === 1 && failures-- > 0) return answers(500)(heard, response);
    seen.push(value);
    return ok(heard, response);
  });
  await office.publish(...upTo(5));
  await office.group("billing", shop.url, { ordering: "partition" });
  office.dispatch();
  await drained(office, "billing");
  expect(seen).toEqual(upTo(5));
  expect(shop.mostActive).toBe(1);
});

test("groups that come, change and go are followed", async () => {
  const office = await post();
  const [first, second] = [await endpoint(), await endpoint()];
  const { events } = office.dispatch();
  await office.publish("a");
  await office.group("billing", first.url);
  await first.requests(1);
  await office.group("billing", second.url);
  await office.publish("b");
  await second.requests(1);
  await office.group("billing", second.url, { push: { url: second.url, batchSize: 2 } });
  await office.publish("c", "d");
  await second.until(() => second.ids.includes("0-3"));
  await office.engine.groups.put(office.topic, "billing", { push: null });
  await eventually("its worker is gone", async () => {
    await office.publish("e");
    const { leases } = await office.engine.groups.receive(office.topic, "billing", { maxMessages: 1 });
    return leases.length > 0;
  });
  await office.engine.groups.delete(office.topic, "billing");
  await office.engine.topics.put("other", {});
  await office.engine.groups.put("other", "copy", { push: { url: first.url } });
  await office.engine.append("other", [{ value: Buffer.from("x") }]);
  await first.until(() => first.heard.some(({ body }) => body.topic === "other"));
  expect((await office.engine.groups.list(office.topic)).map(({ name }) => name)).toEqual([]);
  expect(events.of("error")).toEqual([]);
});

test("a rotation of the keys is followed without a call that nobody could verify", async () => {
  const office = await post();
  const shop = await endpoint();
  await office.group("billing", shop.url);
  const { dispatcher } = office.dispatch();
  await office.publish("a");
  await shop.requests(1);
  const before = await office.engine.signingKeys();
  await office.engine.rotateSigningKeys();
  await dispatcher.stop();
  office.dispatch();
  await office.publish("b");
  await shop.requests(2);
  const verify = (index: number, key: string) => {
    const { raw, headers } = shop.heard[index]!;
    return new Webhook(key).verify(raw, headers as Record<string, string>);
  };
  expect(verify(0, before.current)).toMatchObject({ group: "billing" });
  expect(verify(1, before.next)).toMatchObject({ group: "billing" });
  expect(() => verify(1, before.current)).toThrow("No matching signature");
});
