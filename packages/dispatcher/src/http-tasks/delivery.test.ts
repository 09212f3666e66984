import { encodeHttpTask, type HttpTaskMessage, limits } from "@tidegate/contracts";
import { Tickets } from "@tidegate/core";
import { eventually, manualClock } from "@tidegate/testkit";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { answers, type Behaviour, endpoint, ok } from "../fixtures/endpoint.ts";
import { TaskOffice, toldOf } from "../fixtures/task-office.ts";

const responseOf = (text: string | null) => (text === null ? null : JSON.parse(text));

describe("what is sent", () => {
  const bodies: [string, Partial<HttpTaskMessage>, string, string | undefined][] = [
    ["JSON", { body: { a: [1, "é"] } }, '{"a":[1,"é"]}', "application/json"],
    ["null is JSON", { body: null, method: "PUT" }, "null", "application/json"],
    ["a text", { body: "é" }, "é", "text/plain; charset=UTF-8"],
    ["bytes", { bodyBase64: "/wAB", method: "PATCH" }, "\xff\0\x01", "application/octet-stream"],
    ["nothing", { method: "GET" }, "", undefined],
    ["nothing, to delete", { method: "DELETE" }, "", undefined],
    ["a type of its own", { body: "<a/>", headers: { "Content-Type": "text/xml" } }, "<a/>", "text/xml"],
  ];
  test.each(bodies)("%s", async (_name, part, text, contentType) => {
    const office = await new TaskOffice().open();
    const shop = await endpoint((heard, response) => {
      // What is no JSON at all is what the fixture must not parse.
      response.writeHead(204).end();
      return heard;
    });
    const headers = { "X-Own": "yes", "user-agent": "me", ...part.headers };
    await office.enqueue({ url: `${shop.url}?a=b`, ...part, headers });
    office.dispatch();
    await shop.requests(1);
    const heard = shop.heard[0]!;
    expect(heard).toMatchObject({ method: part.method ?? "POST", path: "/push?a=b" });
    expect(heard.bytes.toString("latin1")).toBe(
      part.bodyBase64 === undefined ? Buffer.from(text).toString("latin1") : text,
    );
    expect(heard.headers["content-type"]).toBe(contentType);
    expect(heard.headers).toMatchObject({
      "x-own": "yes",
      "user-agent": "me",
      "tidegate-timeout-ms": "30000",
      "webhook-id": expect.stringMatching(/^http-task:[^:]+:0-0$/),
    });
    const { current } = await office.engine.signingKeys();
    const signature = `v1,${await signatureOf(current, heard.headers, heard.bytes)}`;
    expect(heard.headers["webhook-signature"]).toBe(signature);
    // As the library sees it, which knows JSON alone.
    if (contentType === "application/json")
      new Webhook(current).verify(heard.raw, heard.headers as Record<string, string>);
  });
});

async function signatureOf(
  secret: string,
  headers: Record<string, unknown>,
  body: Uint8Array,
): Promise<string> {
  const bytes = Buffer.from(secret.slice("whsec_".length), "base64");
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = Buffer.concat([
    Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`),
    body,
  ]);
  return Buffer.from(await crypto.subtle.sign("HMAC", key, signed)).toString("base64");
}

describe("what an answer means", () => {
  test("a 2xx is done, whatever it says, and its answer is kept", async () => {
    const office = await new TaskOffice().open();
    const all: Behaviour[] = [
      answers(200, {}, { batchItemFailures: [{ itemIdentifier: "0-0" }] }),
      answers(201, { "content-type": "application/json" }, "{garbage"),
      answers(299, {}, "done"),
      ok,
    ];
    const shops = await Promise.all(all.map((behaviour) => endpoint(behaviour)));
    for (const { url } of shops) await office.enqueue({ url });
    office.dispatch();
    await office.drained();
    const kept = await Promise.all(all.map(async (_, offset) => office.look(offset)));
    expect(kept.map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
    expect(kept.map(({ resultText }) => responseOf(resultText))).toEqual([
      { status: 200, body: '{"batchItemFailures":[{"itemIdentifier":"0-0"}]}', bodyTruncated: false },
      { status: 201, body: "{garbage", bodyTruncated: false },
      { status: 299, body: "done", bodyTruncated: false },
      { status: 204, body: "", bodyTruncated: false },
    ]);
    expect(shops.map(({ heard }) => heard.length)).toEqual([1, 1, 1, 1]);
    expect(await office.deadLetters()).toEqual([]);
  });

  test("of a large answer as much is kept as fits", async () => {
    const office = await new TaskOffice().open();
    const plain = await endpoint(answers(200, {}, "x".repeat(1_000_000)));
    const escaped = await endpoint(answers(200, {}, "\u0001".repeat(40_000)));
    await office.enqueue({ url: plain.url });
    await office.enqueue({ url: escaped.url });
    office.dispatch();
    await office.drained();
    const long = responseOf((await office.look(0)).resultText);
    expect(long).toMatchObject({ status: 200, bodyTruncated: true });
    expect(long.body).toHaveLength(limits.httpTaskResponseBytes);
    const short = responseOf((await office.look(1)).resultText);
    expect(short).toMatchObject({ status: 200, bodyTruncated: true });
    expect(short.body).toBe("\u0001".repeat(short.body.length));
  });

  test("what fails is tried again so often, and then is a dead letter", async () => {
    const office = await new TaskOffice().open();
    const shop = await endpoint(answers(404, { "content-type": "text/plain" }, "not here"));
    await office.enqueue({ url: shop.url, retries: 2 }, { url: shop.url, retries: 0 }, { url: shop.url });
    office.dispatch();
    await office.drained();
    const callsOf = (offset: number) =>
      shop.heard.filter(({ headers }) => String(headers["webhook-id"]).endsWith(`:0-${offset}`)).length;
    expect([0, 1, 2].map(callsOf)).toEqual([3, 1, 4]);
    const letters = await office.deadLetters();
    expect(letters.map(({ reason }) => reason)).toEqual(Array(3).fill("status 404: not here"));
    expect(await office.look(0)).toMatchObject({ state: "failed", error: "status 404: not here" });
  });

  test("no task has more attempts than the group gives, and its end is told", async () => {
    const office = await new TaskOffice().open({ maxDeliveries: 2 });
    const shop = await endpoint(answers(500));
    const caller = await endpoint();
    await office.enqueue({ url: shop.url, retries: 5, failureCallbackUrl: caller.url });
    office.dispatch();
    await caller.requests(1);
    expect(shop.heard).toHaveLength(2);
    expect(toldOf(caller.heard)[0]).toMatchObject({ type: "http-task.failed", attempts: 2 });
  });

  test("never is never", async () => {
    const office = await new TaskOffice().open();
    const shop = await endpoint(answers(503, { "tidegate-retry": "never" }));
    await office.enqueue({ url: shop.url });
    office.dispatch();
    await office.drained();
    expect(shop.heard).toHaveLength(1);
    expect((await office.deadLetters())[0]).toMatchObject({ reason: "status 503" });
  });

  test("a redirect elsewhere is not followed, nor is a private address called", async () => {
    const office = await new TaskOffice().open();
    const secret = await endpoint();
    const shop = await endpoint(answers(307, { location: secret.url }));
    await office.enqueue(
      { url: shop.url, retries: 0 },
      { url: "https://10.1.2.3/", retries: 0 },
      { url: "http://shop.test/", retries: 0 },
    );
    office.dispatch({
      resolve: (_name, _options, callback) => callback(null, [{ address: "192.168.0.1", family: 4 }]),
    });
    await office.drained();
    const reasons = (await office.deadLetters()).map(({ reason }) => reason);
    expect(reasons.sort()).toEqual([
      "10.1.2.3 is not an address of the public internet",
      "shop.test (192.168.0.1) is not an address of the public internet",
      `status 307 to another host, 127.0.0.1:${secret.port}, is not followed`,
    ]);
    expect(secret.heard).toEqual([]);
  });
});

describe("callbacks", () => {
  test("tell of success and of failure, signed as callbacks", async () => {
    const office = await new TaskOffice().open();
    const shop = await endpoint(answers(200, {}, "thanks"));
    const away = await endpoint(answers(500));
    const caller = await endpoint();
    const urls = { callbackUrl: `${caller.url}?done`, failureCallbackUrl: `${caller.url}?failed` };
    await office.enqueue({ url: shop.url, ...urls, idempotencyKey: "mine" });
    await office.enqueue({ url: away.url, ...urls, retries: 1 });
    office.dispatch();
    await caller.requests(2);
    await office.drained();
    const tickets = await Tickets.under(await office.engine.secret());
    const done = caller.heard.find(({ path }) => path === "/push?done")!;
    const failed = caller.heard.find(({ path }) => path === "/push?failed")!;
    expect(done.headers["webhook-id"]).toMatch(/^callback:[^:]+:0-\d$/);
    const [told] = toldOf([done]);
    expect(told).toMatchObject({
      type: "http-task.completed",
      task: shop.url,
      idempotencyKey: "mine",
      attempts: 1,
      output: { status: 200, body: "thanks", bodyTruncated: false },
      error: null,
    });
    expect(tickets.open(told!.id)).toMatchObject({ partition: 0, offset: 0 });
    expect(toldOf([failed])[0]).toMatchObject({
      type: "http-task.failed",
      task: away.url,
      attempts: 2,
      output: { status: 500, body: "", bodyTruncated: false },
      error: { name: "HTTP_TASK_FAILED", message: "status 500" },
    });
    expect(caller.heard).toHaveLength(2);
  });

  test("tell the id that the sender has, of a task that was delayed as well", async () => {
    const clock = manualClock();
    const office = await new TaskOffice(clock.now).open();
    const shop = await endpoint();
    const caller = await endpoint();
    const task = encodeHttpTask({ url: shop.url, callbackUrl: caller.url });
    const [outcome] = await office.publish({ ...task, delayMs: 60_000 });
    const { topicId } = await office.engine.topics.get("tidegate.http-tasks");
    const tickets = await Tickets.under(await office.engine.secret());
    const delayedId = outcome?.status === "delayed" ? outcome.delayedId : -1;
    clock.advance(60_000);
    await office.engine.housekeep();
    office.dispatch();
    await caller.requests(1);
    expect(toldOf(caller.heard)[0]!.id).toBe(tickets.forDelayed({ topicId, gate: null }, 0, delayedId, 1));
  });

  test("that fail are tried again and given up, and call nobody back", async () => {
    const office = await new TaskOffice().open();
    const shop = await endpoint();
    const caller = await endpoint(answers(500));
    await office.enqueue({ url: shop.url, callbackUrl: caller.url, failureCallbackUrl: caller.url });
    office.dispatch();
    await caller.requests(4);
    await office.drained();
    expect(caller.heard).toHaveLength(4);
    const letters = await office.deadLetters();
    expect(letters.map(({ value }) => JSON.parse(Buffer.from(value!).toString()).callback)).toEqual([true]);
    expect(await office.callbacks()).toHaveLength(1);
    expect((await office.look(0)).state).toBe("done");
  });
});

describe("what is no HTTP task", () => {
  test("is given up with a reason, and holds nothing up", async () => {
    const office = await new TaskOffice().open();
    const shop = await endpoint();
    const value = (text: string) => ({ value: Buffer.from(text) });
    await office.publish(
      { value: null },
      value("no JSON"),
      { value: Buffer.of(0xff, 0xfe) },
      value("[]"),
      value(JSON.stringify({ url: "ftp://shop.example" })),
      value(JSON.stringify({ url: shop.url, surprise: true })),
      value(JSON.stringify({ url: shop.url, headers: { "webhook-id": "forged" } })),
    );
    await office.enqueue({ url: shop.url });
    office.dispatch();
    await shop.requests(1);
    await office.drained();
    const reasons = (await office.deadLetters()).map(({ reason }) => reason);
    expect(reasons).toHaveLength(7);
    for (const reason of reasons) expect(reason).toMatch(/^no HTTP task: /);
    expect(shop.heard).toHaveLength(1);
  });

  test("a group elsewhere goes by its own settings, whatever its messages say", async () => {
    const office = await new TaskOffice().open();
    const shop = await endpoint();
    const own = await endpoint();
    for (const [topic, group] of [
      ["orders", "call"],
      ["tidegate.http-tasks", "mine"],
    ] as const) {
      await office.engine.topics.put(topic, { partitions: 1 });
      await office.engine.groups.put(topic, group, { push: { url: own.url } });
      await office.engine.append(topic, [{ value: Buffer.from(JSON.stringify({ url: shop.url })) }]);
    }
    await office.engine.groups.pause("tidegate.http-tasks", "call");
    office.dispatch();
    await own.requests(2);
    expect(shop.heard).toEqual([]);
  });
});

test("limits by key hold for the keys of tasks, and are changed while it runs", async () => {
  const office = await new TaskOffice().open({ perKey: { concurrency: 1 } });
  const shop = await endpoint((_heard, response) => {
    setImmediate(() => response.writeHead(204).end());
  });
  const other = await endpoint((_heard, response) => void open.push(() => response.writeHead(204).end()));
  const open: (() => void)[] = [];
  const many = Array.from({ length: 20 }, () => ({ url: shop.url, flowKey: "one" }));
  await office.enqueue(...many);
  await office.enqueue(...Array.from({ length: 3 }, () => ({ url: other.url })));
  office.dispatch();
  await shop.requests(20);
  expect(shop.mostActive).toBe(1);
  expect(other.heard).toHaveLength(1);
  await office.engine.groups.put("tidegate.http-tasks", "call", { perKey: { concurrency: 3 } });
  await eventually("the others are called as well", () => {
    for (const answer of open.splice(0)) answer();
    return other.heard.length === 3;
  });
  await eventually("they are answered", async () => {
    for (const answer of open.splice(0)) answer();
    return (await office.engine.groups.describe("tidegate.http-tasks", "call")).lag === 0;
  });
});
