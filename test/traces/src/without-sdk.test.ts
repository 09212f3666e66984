import { processReceived } from "@tidegate/tracing";
import { Worker } from "@tidegate/worker";
import { expect, onTestFinished, test } from "vitest";
import { calledFunction } from "./called-function.ts";
import { runningServer, uniqueName } from "./running-server.ts";

const parent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const mine = `00-${"c".repeat(32)}-${"d".repeat(16)}-00`;
const running = runningServer();

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const isText = typeof body === "string";
  const response = await fetch(running.url + path, {
    method: "POST",
    headers: { "content-type": isText ? "text/plain" : "application/json", ...headers },
    body: isText ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { id?: string } };
}

const publish = (topic: string, body: unknown, headers: Record<string, string>) =>
  post(`/v1/topics/${topic}/messages`, body, headers);

const headersIn = async (topic: string) =>
  (await running.client.read(topic, 0, { from: "earliest" })).messages.map(({ headers }) => headers);

test("the trace of a request goes with those of its messages that have none", async () => {
  const topic = uniqueName("traced");
  await running.client.topics.put(topic, { partitions: 1 });
  const messages = [{ value: 1 }, { value: 2, headers: { traceparent: mine, by: "ada" } }, { value: null }];
  const trace = { traceparent: parent, tracestate: "vendor=1" };
  expect(await publish(topic, { messages }, trace)).toMatchObject({ status: 202 });
  expect(await publish(topic, "raw", trace)).toMatchObject({ status: 202 });
  const json = { "content-type": "application/json" };
  expect(await headersIn(topic)).toEqual([
    { ...json, ...trace },
    { ...json, traceparent: mine, by: "ada" },
    { ...json, ...trace },
    { "content-type": "text/plain", ...trace },
  ]);
});

test("what is no trace is passed over, and without one nothing is written", async () => {
  const topic = uniqueName("untraced");
  await running.client.topics.put(topic, { partitions: 1 });
  const bad = ["", "nonsense", `${parent}, ${parent}`, parent.replace("b", "x"), `00-${"0".repeat(32)}-1-1`];
  for (const traceparent of bad)
    expect(await publish(topic, { messages: [{ value: 1 }] }, { traceparent })).toMatchObject({
      status: 202,
    });
  const onlyState = { tracestate: "vendor=1" };
  expect(await publish(topic, { messages: [{ value: 1 }] }, onlyState)).toMatchObject({ status: 202 });
  await running.client.publish(topic, { value: 1 });
  await running.engine.append(topic, [{ value: null }]);
  const json = { "content-type": "application/json" };
  expect(await headersIn(topic)).toEqual([...bad.map(() => json), json, json, {}]);
});

test("a message as large as one may be stays as it is", async () => {
  const topic = uniqueName("full");
  await running.client.topics.put(topic, { partitions: 1 });
  const headers = Object.fromEntries(Array.from({ length: 63 }, (_, at) => [`h${at}`, "x"]));
  const trace = { traceparent: parent };
  expect(await publish(topic, { messages: [{ value: 1, headers }] }, trace)).toMatchObject({ status: 202 });
  expect(await headersIn(topic)).toEqual([{ ...headers, "content-type": "application/json" }]);
});

test("a repeat in another trace is no other message", async () => {
  const topic = uniqueName("repeated");
  await running.client.topics.put(topic, { partitions: 1 });
  const body = { messages: [{ value: 1, idempotencyKey: "once" }] };
  const first = await publish(topic, body, { traceparent: parent });
  const second = await publish(topic, body, { traceparent: mine });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(await headersIn(topic)).toEqual([{ "content-type": "application/json", traceparent: parent }]);
});

test("a pushed request and a worker are given the trace of the message", async () => {
  const topic = uniqueName("pushed");
  const endpoint = await calledFunction();
  await running.client.topics.put(topic, { partitions: 1 });
  await running.client.groups.put(topic, "push", { push: { url: `${endpoint.url}/one` } });
  await publish(topic, { messages: [{ value: 1 }] }, { traceparent: parent, tracestate: "vendor=1" });
  expect((await endpoint.called("/one")).headers).toMatchObject({
    traceparent: parent,
    tracestate: "vendor=1",
  });
  const handled = Promise.withResolvers<unknown>();
  const handler = (message: { headers: readonly { key: string; value: Uint8Array | null }[] }) =>
    handled.resolve(message.headers.map(({ key, value }) => [key, Buffer.from(value!).toString()]));
  const worker = new Worker({ engine: running.engine, topic, group: "work", handler });
  onTestFinished(() => worker.stop());
  await worker.start();
  expect(await handled.promise).toContainEqual(["traceparent", parent]);
});

test("a batch of several traces is pushed in none of them", async () => {
  const topic = uniqueName("mixed");
  const endpoint = await calledFunction();
  await running.client.topics.put(topic, { partitions: 1 });
  const group = { push: { url: `${endpoint.url}/batch`, batchSize: 10 } };
  const messages = [{ value: 1, headers: { traceparent: mine } }, { value: 2 }];
  await publish(topic, { messages }, { traceparent: parent });
  await running.client.groups.put(topic, "push", group);
  const { headers, body } = await endpoint.called("/batch");
  expect(headers).not.toHaveProperty("traceparent");
  expect(JSON.parse(body).messages.map((one: { headers: object }) => one.headers)).toMatchObject([
    { traceparent: mine },
    { traceparent: parent },
  ]);
});

test("an HTTP task and its callback are called in the trace of who enqueued it", async () => {
  const endpoint = await calledFunction();
  const task = { url: `${endpoint.url}/task`, callbackUrl: `${endpoint.url}/told` };
  const own = { url: `${endpoint.url}/own`, headers: { traceparent: mine } };
  expect(await post("/v1/http-tasks", task, { traceparent: parent })).toMatchObject({ status: 202 });
  expect(await post("/v1/http-tasks", own, { traceparent: parent })).toMatchObject({ status: 202 });
  for (const path of ["/task", "/told"])
    expect((await endpoint.called(path)).headers, path).toMatchObject({ traceparent: parent });
  expect((await endpoint.called("/own")).headers).toMatchObject({ traceparent: mine });
});

test("what is handled over HTTP is only handled", () => {
  const message = { offset: 1, headers: { traceparent: parent } };
  expect(processReceived({ destination: "any" }, message, () => "answer")).toBe("answer");
});
