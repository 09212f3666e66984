import { ticketStatus, validate } from "@tidegate/contracts";
import { afterAll, expect, inject, onTestFinished, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";

const { app, engine, call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

/** A topic with a group, and the tickets of what is published to it. */
async function shop(topic: string, count: number) {
  await call("PUT", `/v1/topics/${topic}`, { partitions: 1 });
  await call("PUT", `/v1/topics/${topic}/groups/g`, {});
  const messages = Array.from({ length: count }, (_, n) => ({ value: n }));
  const { body } = await call("POST", `/v1/topics/${topic}/messages`, { messages });
  return body.messages.map(({ ticket }: { ticket: string }) => ticket) as string[];
}

async function take(topic: string, maxMessages: number): Promise<string> {
  const { body } = await call("POST", `/v1/topics/${topic}/groups/g/receive`, { maxMessages });
  return body.leases[0].id;
}

const settle = (topic: string, lease: string, outcome: object) =>
  call("POST", `/v1/topics/${topic}/groups/g/leases/${lease}/settle`, outcome);

test("a ticket's answers fit the contract, and say for how long they may be kept", async () => {
  const [first, second, third, fourth] = await shop("states", 4);
  const lease = await take("states", 3);
  await engine.results.put("states", "g", [{ partition: 0, offset: 0, value: { total: 3 } }]);
  await settle("states", lease, {
    ack: [0],
    deadLetter: [{ offset: 1, reason: 'a "reason"' }],
    retry: [{ offset: 2 }],
  });
  const late = await call("POST", "/v1/topics/states/messages", {
    messages: [{ value: 1, delayMs: 3_600_000 }],
  });
  const tickets = [first, second, third, fourth, late.body.messages[0].ticket];
  const answers = await Promise.all(tickets.map((ticket) => call("GET", `/v1/tickets/${ticket}`)));
  for (const { status, body } of answers) {
    expect(status).toBe(200);
    expect(validate(ticketStatus, body)).toEqual(body);
  }
  expect(answers.map(({ body }) => body)).toEqual([
    { state: "done", position: null, etaMs: null, result: { total: 3 } },
    { state: "failed", position: null, etaMs: null, result: null, error: 'a "reason"' },
    { state: "processing", position: null, etaMs: null, result: null },
    { state: "waiting", position: 1, etaMs: null, result: null },
    { state: "waiting", position: null, etaMs: expect.any(Number), result: null, dueAt: expect.any(Number) },
  ]);
  expect(answers.map(({ headers }) => headers.get("cache-control"))).toEqual([
    "public, max-age=3600, immutable",
    "public, max-age=30",
    "public, max-age=1",
    "public, max-age=1",
    "public, max-age=30",
  ]);
  for (const [index, { headers }] of answers.entries()) {
    const again = await call("GET", `/v1/tickets/${tickets[index]}`, undefined, {
      "if-none-match": `"other", ${headers.get("etag")}`,
    });
    expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, "", headers.get("etag")]);
  }
  const tags = answers.map(({ headers }) => headers.get("etag"));
  expect(new Set(tags).size).toBe(5);
  const head = await call("HEAD", `/v1/tickets/${first}`);
  expect([head.status, head.body]).toEqual([200, ""]);
});

test("forged tickets are not there; those of topics that are gone are of no topic", async () => {
  const [ticket] = await shop("forged", 1);
  const forged = `${ticket!.slice(0, -1)}${ticket!.endsWith("A") ? "B" : "A"}`;
  for (const path of [
    `/v1/tickets/${forged}`,
    `/v1/tickets/${forged}/events`,
    "/v1/tickets/none?waitMs=10",
  ]) {
    const answer = await call("GET", path);
    expect(answer).toMatchObject({ status: 404, body: { code: "NOT_FOUND", retryable: false } });
  }
  expect((await call("GET", `/v1/tickets/${ticket}`)).status).toBe(200);
  await call("DELETE", "/v1/topics/forged");
  await shop("forged", 1);
  for (const path of [
    `/v1/tickets/${ticket}`,
    `/v1/tickets/${ticket}/events`,
    `/v1/tickets/${ticket}?waitMs=9`,
  ]) {
    const answer = await call("GET", path);
    expect(answer).toMatchObject({ status: 404, body: { code: "TOPIC_NOT_FOUND" } });
  }
});

test.each([
  ["waitMs=30001", "waitMs"],
  ["waitMs=-1", "waitMs"],
  ["waitMs=soon", "waitMs"],
  ["waitMs=1&waitMs=2", "waitMs"],
  ["wait=1", "wait"],
])("?%s is refused", async (query, field) => {
  const answer = await call("GET", `/v1/tickets/abc?${query}`);
  expect(answer).toMatchObject({ status: 422, body: { code: "INVALID", field } });
});

test("a long poll answers when the state changes, and is kept by nobody", async () => {
  const [ticket] = await shop("poll", 1);
  const path = `/v1/tickets/${ticket}?waitMs=30000`;
  const first = call("GET", path);
  await call("GET", `/v1/tickets/${ticket}`);
  const lease = await take("poll", 1);
  expect(await first).toMatchObject({ status: 200, body: { state: "processing" } });
  const second = call("GET", path);
  await engine.results.put("poll", "g", [{ partition: 0, offset: 0, value: null }]);
  const answer = await second;
  expect(answer.body).toEqual({ state: "done", position: null, etaMs: null, result: null });
  expect(answer.headers.get("cache-control")).toBe("no-store");
  await settle("poll", lease, { ack: "all" });
  expect((await call("GET", path)).body.state).toBe("done");
});

/** Reads events as they come. */
function reader(body: ReadableStream<Uint8Array>) {
  const chunks = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    /** The next event with its name, id and data, or null at the end. */
    async next() {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const lines = text.slice(0, end).split("\n");
          text = text.slice(end + 2);
          const field = (name: string) =>
            lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
          if (field("data") !== null)
            return { event: field("event"), id: field("id"), data: JSON.parse(field("data")!) };
          continue;
        }
        const { done, value } = await chunks.read();
        if (done) return null;
        text += decoder.decode(value, { stream: true });
      }
    },
    cancel: () => chunks.cancel(),
  };
}

test("events tell each change, and end with the final one", async () => {
  const [ticket] = await shop("events", 1);
  const response = await app.request(`/v1/tickets/${ticket}/events`);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=UTF-8");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const events = reader(response.body!);
  expect(await events.next()).toMatchObject({ event: "state", data: { state: "waiting", position: 0 } });
  const lease = await take("events", 1);
  expect(await events.next()).toMatchObject({ event: "state", data: { state: "processing" } });
  await engine.results.put("events", "g", [{ partition: 0, offset: 0, value: "ü\n" }]);
  const last = await events.next();
  expect(last).toMatchObject({ event: "state", data: { state: "done", result: "ü\n" } });
  expect(await events.next()).toBeNull();
  await settle("events", lease, { ack: "all" });
  // What a browser asks when the stream has ended: it is told to ask no more.
  const again = await call("GET", `/v1/tickets/${ticket}/events`, undefined, { "last-event-id": last!.id! });
  expect(again.status).toBe(204);
  const other = await call("GET", `/v1/tickets/${ticket}/events`, undefined, {
    "last-event-id": "waiting-3",
  });
  expect(other.body).toContain("event: state");
  expect((await call("HEAD", `/v1/tickets/${ticket}/events`)).status).toBe(200);
});

test("events end with a problem when the topic goes", async () => {
  const [ticket] = await shop("going", 1);
  const response = await app.request(`/v1/tickets/${ticket}/events`);
  const events = reader(response.body!);
  await events.next();
  await call("DELETE", "/v1/topics/going");
  expect(await events.next()).toMatchObject({ event: "problem", data: { code: "TOPIC_NOT_FOUND" } });
  expect(await events.next()).toBeNull();
});

test("without a subscription a stream is a poll that the browser repeats", async () => {
  const edge = testApp(inject("redisUrl"), { subscribe: false });
  onTestFinished(edge.stop);
  await edge.call("PUT", "/v1/topics/edge", { partitions: 1 });
  const { body } = await edge.call("POST", "/v1/topics/edge/messages", { messages: [{ value: 1 }] });
  const path = `/v1/tickets/${body.messages[0].ticket}/events`;
  const answer = await edge.call("GET", path);
  expect(answer.body).toMatch(
    /^retry: 2000\nevent: state\nid: waiting-0\ndata: \{"state":"waiting".*\}\n\n$/,
  );
});

test("when the process stops, streams and polls end", async () => {
  const stopping = new AbortController();
  const other = testApp(inject("redisUrl"), { stopping: stopping.signal });
  onTestFinished(other.stop);
  await other.call("PUT", "/v1/topics/stop", { partitions: 1 });
  const { body } = await other.call("POST", "/v1/topics/stop/messages", { messages: [{ value: 1 }] });
  const path = `/v1/tickets/${body.messages[0].ticket}`;
  const events = reader((await other.app.request(`${path}/events`)).body!);
  await events.next();
  const poll = other.call("GET", `${path}?waitMs=30000`);
  await other.call("GET", path);
  stopping.abort();
  expect(await events.next()).toBeNull();
  expect((await poll).body.state).toBe("waiting");
});

test("who pulls over HTTP settles with results", async () => {
  const tickets = await shop("pulled", 3);
  const lease = await take("pulled", 3);
  const outcome = {
    ack: [0, 1],
    retry: [{ offset: 2 }],
    results: [
      { offset: 0, value: { total: 3 } },
      { offset: 1, value: null },
    ],
    resultTtlMs: 60_000,
  };
  const settled = { acked: 2, retried: 1, released: 0, deadLettered: 0 };
  expect((await settle("pulled", lease, outcome)).body).toEqual({ ...settled, resultsKept: 2 });
  // Told again after its answer was lost: the first answer, and nothing is put in the name of a lease that has ended.
  expect((await settle("pulled", lease, outcome)).body).toEqual({ ...settled, resultsKept: 0 });
  const answers = await Promise.all(tickets.map((ticket) => call("GET", `/v1/tickets/${ticket}`)));
  expect(answers.map(({ body }) => [body.state, body.result])).toEqual([
    ["done", { total: 3 }],
    ["done", null],
    ["processing", null],
  ]);
  const late = await settle("pulled", lease, { ack: "all", results: [{ offset: 2, value: "late" }] });
  expect(late).toMatchObject({ status: 409, body: { code: "LEASE_LOST" } });
  expect((await call("GET", `/v1/tickets/${tickets[2]}`)).body.state).toBe("processing");
});

test.each([
  [{ results: [{ offset: 0, value: "x".repeat(65_535) }] }, "INVALID", "results[0].value"],
  [
    {
      results: [
        { offset: 0, value: 1 },
        { offset: 1, value: "é".repeat(40_000) },
      ],
    },
    "INVALID",
    "results[1].value",
  ],
  [{ results: [{ value: 1 }] }, "INVALID", "results[0].offset"],
  [{ results: [{ offset: 0, value: 1, ttlMs: 5 }] }, "INVALID", "results[0].ttlMs"],
  [{ results: [{ offset: 0, value: 1 }], resultTtlMs: 0 }, "INVALID", "resultTtlMs"],
  [{ results: [{ offset: 99, value: 1 }] }, "OFFSET_OUT_OF_RANGE", undefined],
])("bad results settle nothing: %#", async (bad, code, field) => {
  const topic = `bad-results-${code}-${field ?? ""}-${JSON.stringify(bad).length}`.replace(
    /[^A-Za-z0-9._-]/g,
    "_",
  );
  await shop(topic, 2);
  const lease = await take(topic, 2);
  const answer = await settle(topic, lease, { ack: "all", ...bad });
  expect(answer).toMatchObject({ status: 422, body: { code, ...(field !== undefined && { field }) } });
  expect((await settle(topic, lease, { ack: "all" })).body).toMatchObject({ acked: 2 });
  expect(await engine.results.get(topic, "g", 0, 0)).toBeNull();
});
