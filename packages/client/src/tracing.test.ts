import { afterEach, expect, test } from "vitest";
import { Client } from "./client.ts";
import { answer, problem, type ScriptedServer, scriptedServer } from "./fixtures/scripted-server.ts";
import type { ClientTracing, TracedCall } from "./tracing.ts";

const published = {
  messages: [{ partition: 0, offset: 7, ticket: "t" }],
  backlog: { messages: 0, oldestMs: 0, etaMs: null },
};
let server: ScriptedServer;
afterEach(() => server.stop());

/** A client whose calls are told, and sent with a header of their own. */
function traced() {
  const told: TracedCall[] = [];
  const tracing: ClientTracing = {
    trace: (call, run) => run({ traceparent: `trace-${told.push(call)}` }),
  };
  const backoff = { initialMs: 1, maxMs: 2 };
  return { told, client: new Client({ url: server.url, backoff, tracing }) };
}

test("a call is traced once, and each of its attempts carries what it was given", async () => {
  server = await scriptedServer(problem(503, "OVERLOADED", true), answer(202, published));
  const { told, client } = traced();
  await client.publish("orders", [{ value: 1, headers: { by: "ada" } }, { value: 2 }]);
  await client.publishRaw("raw", "text", { contentType: "text/plain" });
  expect(server.requests.map(({ headers }) => headers.traceparent)).toEqual([
    "trace-1",
    "trace-1",
    "trace-2",
  ]);
  expect(server.requests[2]!.headers["content-type"]).toBe("text/plain");
  expect(told).toMatchObject([
    {
      operation: "send",
      destination: "orders",
      messages: [{ headers: { by: "ada" } }, {}],
      server: server.url,
    },
    { operation: "send", destination: "raw", server: server.url },
  ]);
});

test("what sends or receives is traced, and nothing else", async () => {
  server = await scriptedServer(answer(200, { leases: [], tasks: [], id: "a" }));
  const { told, client } = traced();
  await client.receive("orders", "billing");
  await client.tasks.enqueue("mail", {});
  await client.tasks.enqueueMany("mail", []);
  await client.tasks.enqueueFlow({ task: "tree", input: {} });
  await client.httpTasks.enqueue({ url: "https://shop.example" });
  expect(told.map(({ operation, destination, group }) => [operation, destination, group])).toEqual([
    ["receive", "orders", "billing"],
    ["send", "mail", undefined],
    ["send", "mail", undefined],
    ["send", "tree", undefined],
    ["send", "tidegate.http-tasks", undefined],
  ]);
  await client.settle("orders", "billing", "lease", { ack: "all" });
  await client.topics.put("orders");
  expect(told).toHaveLength(5);
  expect(server.requests.slice(5).every(({ headers }) => headers.traceparent === undefined)).toBe(true);
});
