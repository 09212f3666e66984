import { type Link, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { Client } from "@tidegate/client";
import { clientTracing, contextOf, processReceived } from "@tidegate/tracing";
import { deadLetter, request, result, retry, Worker, type WorkerOptions } from "@tidegate/worker";
import { expect, onTestFinished, test } from "vitest";
import { calledFunction } from "./called-function.ts";
import { inTrace, one, spanLinkedTo, spansOf, withSdk } from "./in-memory-sdk.ts";
import { runningServer, uniqueName } from "./running-server.ts";

withSdk();
const running = runningServer();
const remote = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
const remoteParent = `00-${remote.traceId}-${remote.spanId}-01`;

async function topicOf(what: string): Promise<string> {
  const topic = uniqueName(what);
  await running.client.topics.put(topic, { partitions: 1 });
  return topic;
}

async function work(topic: string, options: Partial<WorkerOptions>): Promise<void> {
  const worker = new Worker({ engine: running.engine, topic, group: "work", ...options } as WorkerOptions);
  onTestFinished(() => worker.stop());
  await worker.start();
}

const parents = (links: readonly Link[]) => links.map(({ context }) => context.spanId);

test("a publish over HTTP, its push and what the function does are one trace", async () => {
  const topic = await topicOf("pushed");
  const endpoint = await calledFunction();
  await running.client.groups.put(topic, "push", { push: { url: `${endpoint.url}/call` } });
  const { traceId, spanId } = await inTrace(() => running.client.publish(topic, { value: { secret: 1 } }));
  const { headers } = await endpoint.called("/call");
  const spans = await spansOf(traceId, `push ${topic}`, "application");
  const [client, server] = spans
    .filter(({ name }) => name === `send ${topic}`)
    .sort(byKind)
    .reverse();
  const push = one(spans, `push ${topic}`);
  expect(spans.map(({ name }) => name).sort()).toEqual(
    ["application", `push ${topic}`, `send ${topic}`, `send ${topic}`].sort(),
  );
  expect(client).toMatchObject({ kind: SpanKind.PRODUCER, parentSpanContext: { spanId } });
  const made = client!.spanContext().spanId;
  expect(client!.attributes).toEqual({
    "messaging.system": "tidegate",
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "messaging.destination.name": topic,
    "messaging.destination.partition.id": "0",
    "messaging.message.id": "0-0",
    "messaging.tidegate.message.offset": 0,
    "server.address": "127.0.0.1",
    "server.port": Number(new URL(running.url).port),
  });
  // The server's part: not the producer, since the message's context is the client's.
  expect(server).toMatchObject({ kind: SpanKind.CLIENT, parentSpanContext: { spanId: made } });
  expect(parents(server!.links)).toEqual([made]);
  expect(push).toMatchObject({ kind: SpanKind.CLIENT, parentSpanContext: { spanId: made } });
  expect(parents(push.links)).toEqual([made]);
  expect(push.attributes).toEqual({
    "messaging.system": "tidegate",
    "messaging.operation.name": "push",
    "messaging.destination.name": topic,
    "messaging.consumer.group.name": "push",
    "messaging.destination.partition.id": "0",
    "messaging.message.id": "0-0",
    "messaging.tidegate.message.offset": 0,
    "messaging.tidegate.message.attempt": 1,
    "http.request.method": "POST",
    "http.response.status_code": 204,
    "server.address": "127.0.0.1",
    "server.port": Number(new URL(endpoint.url).port),
  });
  expect(headers.traceparent).toBe(`00-${traceId}-${push.spanContext().spanId}-01`);
  expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain("secret");
});

const byKind = (one: { kind: number }, other: { kind: number }) => one.kind - other.kind;

test("a push that fails says with what", async () => {
  const topic = await topicOf("failing");
  const endpoint = await calledFunction(() => 500);
  const group = { push: { url: `${endpoint.url}/fails` }, maxDeliveries: 1 };
  await running.client.groups.put(topic, "push", group);
  const { traceId } = await inTrace(() => running.client.publish(topic, { value: 1 }));
  const push = one(await spansOf(traceId, `push ${topic}`), `push ${topic}`);
  expect(push.status).toEqual({ code: SpanStatusCode.ERROR, message: "status 500" });
  expect(push.attributes).toMatchObject({ "error.type": "500", "http.response.status_code": 500 });
});

test("a worker handles a message in the trace of its publish, whatever it was started in", async () => {
  const topic = await topicOf("worked");
  await inTrace(() =>
    work(topic, {
      handler: (message) => {
        trace.getTracer("application").startSpan(`in handler ${message.offset}`).end();
        return message.attempt === 1 ? retry({ delayMs: 0 }) : result("done");
      },
    }),
  );
  // An application's own engine.
  const value = Buffer.from("1");
  const { traceId, spanId } = await inTrace(() => running.engine.append(topic, [{ value }]));
  const spans = await spansOf(traceId, `process ${topic}`, `process ${topic}`);
  const send = one(spans, `send ${topic}`);
  expect(send).toMatchObject({ kind: SpanKind.PRODUCER, parentSpanContext: { spanId }, links: [] });
  const [first, second] = spans.filter(({ name }) => name === `process ${topic}`);
  for (const process of [first!, second!]) {
    expect(process).toMatchObject({
      kind: SpanKind.CONSUMER,
      parentSpanContext: { spanId: send.spanContext().spanId, isRemote: true },
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": "work",
        "messaging.message.id": "0-0",
      },
    });
    expect(parents(process.links)).toEqual([send.spanContext().spanId]);
    const inside = spans.filter(
      ({ parentSpanContext: above }) => above?.spanId === process.spanContext().spanId,
    );
    expect(inside.map(({ name }) => name)).toEqual(["in handler 0"]);
  }
  expect(first!.attributes).toMatchObject({
    "messaging.tidegate.message.attempt": 1,
    "messaging.tidegate.outcome": "retry",
  });
  expect(second!.attributes).not.toHaveProperty("messaging.tidegate.outcome");
});

test("a handler that throws fails its span, one that decides does not", async () => {
  const topic = await topicOf("thrown");
  await running.client.groups.put(topic, "work", { maxDeliveries: 1 });
  const handler = async ({ offset }: { offset: number }) => {
    if (offset === 0) throw new TypeError("it broke");
    throw deadLetter("for good");
  };
  await work(topic, { handler });
  const { traceId } = await inTrace(() => running.client.publish(topic, { value: 1 }));
  const broke = one(await spansOf(traceId, `process ${topic}`), `process ${topic}`);
  expect(broke.status).toEqual({ code: SpanStatusCode.ERROR, message: "it broke" });
  expect(broke.attributes).toMatchObject({ "error.type": "TypeError" });
  expect(broke.events).toMatchObject([{ name: "exception", attributes: { "exception.type": "TypeError" } }]);
  const other = await inTrace(() => running.client.publish(topic, { value: 1 }));
  const decided = one(await spansOf(other.traceId, `process ${topic}`), `process ${topic}`);
  expect(decided.status.code).toBe(SpanStatusCode.UNSET);
  expect(decided.attributes).toMatchObject({ "messaging.tidegate.outcome": "dead-letter" });
});

test("a batch is linked to all that it is made of, and child of none", async () => {
  const topic = await topicOf("batch");
  const publish = (count: number) =>
    inTrace(() =>
      running.client.publish(
        topic,
        Array.from({ length: count }, (_, value) => ({ value })),
      ),
    );
  const [one, two] = [await publish(2), await publish(1)];
  const sent = await Promise.all([one, two].map(({ traceId }) => spansOf(traceId, "application")));
  const producers = sent.map((spans) => spans.find(({ kind }) => kind === SpanKind.PRODUCER)!);
  expect(producers[0]!.attributes).toMatchObject({ "messaging.batch.message_count": 2 });
  await work(topic, { batchHandler: () => {}, maxMessages: 100 });
  const batch = await spanLinkedTo(one.traceId, `process ${topic}`);
  expect(batch.parentSpanContext).toBeUndefined();
  expect(parents(batch.links)).toEqual(producers.map((span) => span.spanContext().spanId));
  expect(batch.attributes).toMatchObject({ "messaging.batch.message_count": 3 });
  expect(batch.attributes).not.toHaveProperty("messaging.message.id");
});

test("who receives over HTTP is linked to what came, and handles it in its trace", async () => {
  const topic = await topicOf("received");
  const traceparent = `00-${"e".repeat(32)}-${"f".repeat(16)}-01`;
  // As an instrumented browser does.
  const published = await fetch(`${running.url}/v1/topics/${topic}/messages`, {
    method: "POST",
    headers: { "content-type": "text/plain", traceparent },
    body: "from a browser",
  });
  expect(published.status).toBe(202);
  const received = await inTrace(() => running.client.receive(topic, "pull", { waitMs: 5_000 }));
  const [lease] = received.result.leases;
  const span = one(await spansOf(received.traceId, "application"), `receive ${topic}`);
  expect(span).toMatchObject({
    kind: SpanKind.CLIENT,
    parentSpanContext: { spanId: received.spanId },
    attributes: {
      "messaging.operation.type": "receive",
      "messaging.consumer.group.name": "pull",
      "messaging.batch.message_count": 1,
    },
  });
  expect(span.links).toMatchObject([{ context: { traceId: "e".repeat(32), spanId: "f".repeat(16) } }]);
  const of = { destination: topic, group: "pull", partition: lease!.partition };
  const handle = async () => trace.getActiveSpan()!.spanContext().spanId;
  const inside = await processReceived(of, lease!.messages[0]!, handle);
  const alone = one(await spansOf("e".repeat(32), `process ${topic}`), `process ${topic}`);
  expect(alone.spanContext().spanId).toBe(inside);
  expect(alone.parentSpanContext).toMatchObject({ spanId: "f".repeat(16) });
  // Within another span, such as that of a pushed request, it is the link that tells.
  const within = await inTrace(() => processReceived(of, lease!.messages[0]!, handle));
  const linked = one(await spansOf(within.traceId, "application"), `process ${topic}`);
  expect(linked.parentSpanContext).toMatchObject({ spanId: within.spanId });
  expect(parents(linked.links)).toEqual(["f".repeat(16)]);
});

test("a context that a message has already is left to it", async () => {
  const topic = await topicOf("own");
  const headers = [{ key: "traceparent", value: Buffer.from(remoteParent) }];
  const messages = [{ value: Buffer.from("1"), headers }, { value: Buffer.from("2") }];
  const { traceId } = await inTrace(() => running.engine.append(topic, messages));
  const send = one(await spansOf(traceId, "application"), `send ${topic}`);
  expect(send.kind).toBe(SpanKind.PRODUCER);
  expect(parents(send.links)).toEqual([remote.spanId]);
  const { messages: stored } = await running.engine.read(topic, 0, { from: "earliest", limit: 10 });
  expect(stored.map((message) => contextOf(message.headers)?.traceparent)).toEqual([
    remoteParent,
    `00-${traceId}-${send.spanContext().spanId}-01`,
  ]);
});

test("a repeat in another trace is answered as the first", async () => {
  const topic = await topicOf("repeated");
  const message = { value: 1, idempotencyKey: "once" };
  const first = await inTrace(() => running.client.publish(topic, message));
  const second = await inTrace(() => running.client.publish(topic, message));
  expect(second.traceId).not.toBe(first.traceId);
  expect(second.result.messages).toMatchObject([{ offset: 0, duplicate: true }]);
});

test("what refuses a publish is told by its code, by client and server", async () => {
  const { traceId } = await inTrace(() => running.client.publish("nowhere", { value: 1 }).catch(() => {}));
  const spans = (await spansOf(traceId, "application")).filter(({ name }) => name === "send nowhere");
  expect(spans).toHaveLength(2);
  for (const { status, attributes } of spans) {
    expect(status.code).toBe(SpanStatusCode.ERROR);
    expect(attributes["error.type"]).toBe("TOPIC_NOT_FOUND");
  }
});

test("a request, its handler and its reply are one trace", async () => {
  const topic = await topicOf("asked");
  await running.client.topics.put(topic, { ticketGroup: "work" });
  await work(topic, { handler: () => result({ answer: 42 }) });
  for (const ask of [
    () => request(running.engine, topic, { value: Buffer.from("?") }),
    () => running.client.request(topic, { value: "?" }),
  ]) {
    const { traceId, result: reply } = await inTrace(ask);
    expect(reply).toEqual({ answer: 42 });
    const process = one(await spansOf(traceId, `process ${topic}`, "application"), `process ${topic}`);
    expect(process.kind).toBe(SpanKind.CONSUMER);
  }
});

test("an instrumented fetch makes no span beside, and no second traceparent", async () => {
  const topic = await topicOf("instrumented");
  const sent: (string | null)[] = [];
  const instrumented: typeof fetch = (input, init) => {
    const span = trace.getTracer("instrumentation").startSpan("fetch");
    const headers = new Headers(init!.headers);
    sent.push(headers.get("traceparent"));
    if (span.isRecording()) headers.append("traceparent", `00-${traceIdOf(span)}-${"1".repeat(16)}-01`);
    span.end();
    return fetch(input, { ...init, headers });
  };
  const client = new Client({ url: running.url, tracing: clientTracing, fetch: instrumented });
  const { traceId } = await inTrace(() => client.publish(topic, { value: 1 }));
  const spans = await spansOf(traceId, "application");
  expect(spans.map(({ name }) => name)).not.toContain("fetch");
  const producer = spans.find(({ kind }) => kind === SpanKind.PRODUCER)!;
  expect(sent).toEqual([`00-${traceId}-${producer.spanContext().spanId}-01`]);
});

const traceIdOf = (span: Span) => span.spanContext().traceId;

test("a client without tracing sends no trace, and its messages are in that of the server's part", async () => {
  const topic = await topicOf("plain");
  const client = new Client({ url: running.url });
  const { traceId } = await inTrace(() => client.publish(topic, { value: 1 }));
  const [message] = (await client.read(topic, 0, { from: "earliest" })).messages;
  expect(message!.headers.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
  expect(message!.headers.traceparent).not.toContain(traceId);
});
