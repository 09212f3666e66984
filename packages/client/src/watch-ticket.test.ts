import type { ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { Client } from "./client.ts";
import { cut, problem, type ScriptedServer, type Step, scriptedServer } from "./fixtures/scripted-server.ts";
import { Http } from "./http.ts";
import { watchTicket } from "./watch-ticket.ts";

const servers: ScriptedServer[] = [];
const backoff = { initialMs: 1, maxMs: 2 };

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(...steps: readonly [Step, ...Step[]]) {
  const server = await scriptedServer(...steps);
  servers.push(server);
  return { server, client: new Client({ url: server.url, backoff, token: "t" }) };
}

const status = (state: string, more: object = {}) => ({
  state,
  position: null,
  etaMs: null,
  result: null,
  ...more,
});
const event = (state: string, more: object = {}) =>
  `event: state\ndata: ${JSON.stringify(status(state, more))}\n\n`;

/** Begins a stream of events with these pieces; what comes next is up to `then`. */
function events(pieces: readonly (string | Uint8Array)[], then: (response: ServerResponse) => void): Step {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    then(response);
  };
}
const end = (response: ServerResponse) => response.end();
const stay = () => {};
const breakOff = (response: ServerResponse) => response.destroy();

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const one of source) seen.push(one);
  return seen;
}

test("a watch tells each state up to the final one, and closes", async () => {
  const pieces = [
    ": welcome\n\n",
    event("waiting", { position: 2 }),
    "event: other\ndata: {}\n\n",
    event("waiting", { position: 1 }) + event("processing"),
    event("done", { result: "Grüße 🌊" }),
  ];
  const { server, client } = await start(events(pieces, stay));
  expect(await all(client.watchTicket("t/1"))).toEqual([
    status("waiting", { position: 2 }),
    status("waiting", { position: 1 }),
    status("processing"),
    status("done", { result: "Grüße 🌊" }),
  ]);
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({
    path: "/v1/tickets/t%2F1/events",
    headers: { accept: "text/event-stream", authorization: "Bearer t" },
  });
});

test("an event may come in pieces that cut characters", async () => {
  const bytes = new TextEncoder().encode(event("failed", { error: "Grüße 🌊" }));
  let at = 0;
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes.subarray(at, ++at)),
    });
  // Over a connection such pieces would arrive together.
  const http = new Http({ url: "https://queue.example.com", fetch: async () => new Response(body()) });
  expect(await all(watchTicket(http, "t"))).toEqual([status("failed", { error: "Grüße 🌊" })]);
});

test("a stream that ends or breaks, and an outage, are gone through, and no state is told twice", async () => {
  const { server, client } = await start(
    problem(503, "REDIS_UNAVAILABLE", true),
    events([event("waiting", { position: 1 })], end),
    events([event("waiting", { position: 1 })], breakOff),
    cut,
    problem(503, "OVERLOADED", true),
    events([event("waiting", { position: 1 }), event("processing")], breakOff),
    events([event("processing"), event("done")], stay),
  );
  expect(await all(client.watchTicket("t"))).toEqual([
    status("waiting", { position: 1 }),
    status("processing"),
    status("done"),
  ]);
  expect(server.requests).toHaveLength(7);
});

test("a stream that falls silent is opened anew, one that only has heartbeats is not", async () => {
  const beats = (response: ServerResponse) => {
    let left = 20;
    const timer = setInterval(() => {
      if (--left > 0) response.write(": heartbeat\n\n");
      else {
        clearInterval(timer);
        response.end(event("done"));
      }
    }, 100);
  };
  const { server } = await start(events([event("waiting")], stay), events([], beats));
  const http = new Http({ url: server.url, backoff });
  expect(await all(watchTicket(http, "t", {}, 1_500))).toEqual([status("waiting"), status("done")]);
  expect(server.requests).toHaveLength(2);
});

test("what waiting cannot cure is thrown", async () => {
  const { client } = await start(problem(404, "NOT_FOUND", false));
  await expect(all(client.watchTicket("forged"))).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("whoever stops listening closes the connection, and a signal ends the watch with its reason", async () => {
  const closed: Promise<void>[] = [];
  const open: Step = (response) => {
    closed.push(new Promise((resolve) => response.on("close", resolve)));
    events([event("waiting")], stay)(response, undefined as never);
  };
  const { client } = await start(open);
  for await (const { state } of client.watchTicket("t")) {
    expect(state).toBe("waiting");
    break;
  }
  await closed[0];
  const controller = new AbortController();
  const reason = new Error("the page was left");
  const watching = async () => {
    for await (const _ of client.watchTicket("t", { signal: controller.signal })) controller.abort(reason);
  };
  await expect(watching()).rejects.toBe(reason);
  await closed[1];
  await expect(all(client.watchTicket("t", { signal: controller.signal }))).rejects.toBe(reason);
  expect(closed).toHaveLength(2);
});
