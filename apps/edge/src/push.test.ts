import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { PushRequest } from "@tidegate/contracts";
import { eventually, testNamespace } from "@tidegate/testkit";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type RunningWorker, startWorker } from "./start-worker.ts";

type Pushed = PushRequest & { readonly headers: IncomingMessage["headers"] };

/** A function on this machine that the Worker pushes to. */
const heard: Pushed[] = [];
let answer: (pushed: Pushed, response: ServerResponse) => void;
const endpoint = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const pushed = { ...JSON.parse(Buffer.concat(chunks).toString()), headers: request.headers } as Pushed;
    heard.push(pushed);
    answer(pushed, response);
  });
});
let url: string;
let worker: RunningWorker;

beforeAll(async () => {
  // Else it ends connections after five idle seconds, and a call that meets the end of one fails: an attempt is spent.
  endpoint.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  const { port } = endpoint.address() as AddressInfo;
  url = `http://127.0.0.1:${port}/push`;
  worker = await startWorker({
    redisUrl: inject("redisUrl"),
    tokens: "root=admin",
    namespace: testNamespace(),
    pushAllow: `127.0.0.1:${port}`,
  });
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  endpoint.close();
  endpoint.closeAllConnections();
});
beforeEach(() => {
  heard.length = 0;
  answer = (_pushed, response) => response.writeHead(204).end();
});

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(worker.url + path, {
    method,
    headers: { authorization: "Bearer root", "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

/** A topic with a push group. */
async function makeTopic(name: string, group: object = {}): Promise<void> {
  await call("PUT", `/v1/topics/${name}`, { partitions: 2 });
  const { status } = await call("PUT", `/v1/topics/${name}/groups/billing`, { push: { url }, ...group });
  expect(status).toBe(201);
}

const values = () => heard.flatMap(({ messages }) => messages.map(({ value }) => value));
const describe = async (topic: string) => (await call("GET", `/v1/topics/${topic}/groups/billing`)).body;

test("a publish is answered, and pushed behind the answer", async () => {
  await makeTopic("orders");
  const messages = [1, 2, 3].map((value) => ({ value }));
  expect((await call("POST", "/v1/topics/orders/messages", { messages })).status).toBe(202);
  await eventually("all are pushed", () => values().length === 3);
  expect(values().sort()).toEqual([1, 2, 3]);
  expect(heard[0]!.headers["webhook-signature"]).toMatch(/^v1,/);
  await eventually("all are acknowledged", async () => (await describe("orders")).lag === 0);
});

test("the trace that a publish came in goes with its push, and what is none is passed over", async () => {
  await makeTopic("traced");
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const path = "/v1/topics/traced/messages";
  const trace = { traceparent, tracestate: "vendor=1" };
  expect((await call("POST", path, { messages: [{ value: 1 }] }, trace)).status).toBe(202);
  await eventually("it is pushed", () => heard.length === 1);
  expect(heard[0]!.headers).toMatchObject(trace);
  const bad = { traceparent: "nonsense" };
  expect((await call("POST", path, { messages: [{ value: 2 }] }, bad)).status).toBe(202);
  await eventually("it is pushed", () => heard.length === 2);
  expect(heard[1]!.headers).not.toHaveProperty("traceparent");
});

test("what is due later is pushed when the clock strikes", async () => {
  await makeTopic("later", { backoff: { initialMs: 1_000, maxMs: 1_000 } });
  answer = ({ messages }, response) =>
    response.writeHead(messages[0]!.attempt === 1 ? 500 : 204, { "content-length": "0" }).end();
  await call("POST", "/v1/topics/later/messages", { messages: [{ value: "again" }] });
  await eventually("it is to be tried again", async () => (await describe("later")).retrying === 1);
  await call("POST", "/v1/topics/later/messages", { messages: [{ value: "delayed", delayMs: 1 }] });
  while (new Set(values()).size < 2 || (await describe("later")).lag > 0) await worker.strike();
  expect(heard.filter(({ messages }) => messages[0]!.value === "again").at(-1)!.messages[0]!.attempt).toBe(2);
});

test("an endpoint that wants a pause gets it from every isolate and strike", async () => {
  await makeTopic("paused");
  answer = (_pushed, response) => response.writeHead(429, { "retry-after": "3600" }).end();
  await call("POST", "/v1/topics/paused/messages", { messages: [{ value: "x" }] });
  const heldUntil = await eventually("it is held", async () => (await describe("paused")).heldUntil);
  expect(heldUntil).toBeGreaterThan(Date.now() + 3_000_000);
  await worker.strike();
  await call("POST", "/v1/topics/paused/messages", { messages: [{ value: "y" }] });
  await worker.strike();
  expect(heard).toHaveLength(1);
  expect(await describe("paused")).toMatchObject({ lag: 2, inFlight: 0, retrying: 0 });
});

test("an endpoint that is not there costs no attempt", async () => {
  const { port } = endpoint.address() as AddressInfo;
  await makeTopic("gone", { push: { url: `http://127.0.0.1:${port}/push` }, maxDeliveries: 1 });
  await new Promise((resolve) => {
    endpoint.close(resolve);
    endpoint.closeAllConnections();
  });
  await call("POST", "/v1/topics/gone/messages", { messages: [{ value: "x" }] });
  await eventually("it is held", async () => (await describe("gone")).heldUntil);
  await new Promise<void>((resolve) => endpoint.listen(port, "127.0.0.1", resolve));
  while (!values().includes("x")) await worker.strike();
  expect(heard.at(-1)!.messages[0]!.attempt).toBe(1);
});

test("addresses that are not allowed are not called", async () => {
  await makeTopic("inner", { push: { url: "http://127.0.0.1:1/push" }, maxDeliveries: 1 });
  await call("POST", "/v1/topics/inner/messages", { messages: [{ value: "x" }] });
  const letters = await eventually("it is given up", async () => {
    const { body } = await call("GET", "/v1/topics/inner/groups/billing/dead-letters");
    return body.messages.length > 0 && body.messages;
  });
  expect(letters[0].reason).toContain("127.0.0.1:1 is not an address of the public internet");
});

test("the signing keys are those of the deployment", async () => {
  const { body } = await call("GET", "/v1/signing-keys");
  expect(body).toEqual({ current: expect.stringMatching(/^whsec_/), next: expect.stringMatching(/^whsec_/) });
});
