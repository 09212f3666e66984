import { afterEach, describe, expect, test } from "vitest";
import { Client } from "./client.ts";
import {
  answer,
  cut,
  hang,
  problem,
  type ScriptedServer,
  type Step,
  scriptedServer,
} from "./fixtures/scripted-server.ts";

const published = answer(202, {
  messages: [{ partition: 0, offset: 7, ticket: "t/1" }],
  backlog: { messages: 0, oldestMs: 0, etaMs: null },
});
const state = (name: string, more: object = {}) =>
  answer(200, { state: name, position: null, etaMs: null, result: null, ...more });
const servers: ScriptedServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(...steps: readonly [Step, ...Step[]]) {
  const server = await scriptedServer(...steps);
  servers.push(server);
  const backoff = { initialMs: 1, maxMs: 2 };
  return { server, client: new Client({ url: server.url, backoff }) };
}

describe("a request", () => {
  test("publishes, waits through every state, and gives the result", async () => {
    const { server, client } = await start(
      published,
      state("waiting", { position: 3 }),
      state("processing"),
      state("done", { result: { paid: 12 } }),
    );
    const result = await client.request<{ paid: number }>("orders", { key: "ada", value: { item: 7 } });
    expect(result.paid).toBe(12);
    const [publish, ...asked] = server.requests;
    expect(publish).toMatchObject({ method: "POST", path: "/v1/topics/orders/messages" });
    expect(JSON.parse(publish!.body).messages[0]).toMatchObject({ key: "ada", value: { item: 7 } });
    expect(asked).toHaveLength(3);
    for (const { method, path } of asked) {
      expect([method, path.split("?")[0]]).toEqual(["GET", "/v1/tickets/t%2F1"]);
      const waitMs = Number(new URLSearchParams(path.split("?")[1]).get("waitMs"));
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(30_000);
    }
  });

  test("whose message was acknowledged without a result gives null", async () => {
    const { client } = await start(published, state("done"));
    expect(await client.request("orders", { value: 1 })).toBeNull();
  });

  test("whose message was given up throws HANDLER_FAILED with its error and its ticket", async () => {
    const { client } = await start(published, state("failed", { error: "no such buyer" }));
    await expect(client.request("orders", { value: 1 })).rejects.toMatchObject({
      code: "HANDLER_FAILED",
      status: 502,
      retryable: false,
      message: "no such buyer",
      details: { ticket: "t/1" },
    });
    const silent = await start(published, state("failed"));
    await expect(silent.client.request("orders", { value: 1 })).rejects.toMatchObject({
      code: "HANDLER_FAILED",
      message: expect.stringContaining("dead letter"),
    });
  });

  test("that no result comes for in time throws REPLY_TIMEOUT, and its ticket can be asked on", async () => {
    const { client } = await start(published, hang);
    await expect(client.request("orders", { value: 1 }, { timeoutMs: 200 })).rejects.toMatchObject({
      code: "REPLY_TIMEOUT",
      status: 504,
      retryable: false,
      details: { ticket: "t/1", limit: 200 },
    });
    const away = await start(published, problem(503, "REDIS_UNAVAILABLE", true));
    await expect(away.client.request("orders", { value: 1 }, { timeoutMs: 200 })).rejects.toMatchObject({
      code: "REPLY_TIMEOUT",
    });
    expect(away.server.requests.length).toBeGreaterThan(6);
  });

  test("goes on asking through lost answers and outages, and publishes once", async () => {
    const outage = problem(503, "REDIS_UNAVAILABLE", true);
    const { server, client } = await start(
      published,
      ...[cut, outage, outage, outage, cut, outage, cut],
      state("done", { result: 1 }),
    );
    expect(await client.request("orders", { value: 1 })).toBe(1);
    expect(server.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test("does not ask in a loop where the server does not wait", async () => {
    const { server, client } = await start(published, state("waiting"));
    const slow = new Client({ url: server.url, backoff: { initialMs: 50, maxMs: 10_000 } });
    await expect(slow.request("orders", { value: 1 }, { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: "REPLY_TIMEOUT",
    });
    // Doubled each time from 25 to 50 ms on: at most 25 + 50 + 100 + 200 + 400 + 800 > 1,000.
    expect(server.requests.length).toBeLessThanOrEqual(9);
    expect(client).toBeDefined();
  });

  test("throws at once what waiting cannot cure, of the publish and of the ticket", async () => {
    const full = await start(problem(409, "SOLD_OUT", false));
    await expect(full.client.request("sale", { value: 1 })).rejects.toMatchObject({ code: "SOLD_OUT" });
    expect(full.server.requests).toHaveLength(1);
    const gone = await start(published, problem(404, "TOPIC_NOT_FOUND", false));
    await expect(gone.client.request("orders", { value: 1 })).rejects.toMatchObject({
      code: "TOPIC_NOT_FOUND",
    });
    expect(gone.server.requests).toHaveLength(2);
  });

  test("ends with the reason of its signal", async () => {
    const reason = new Error("the buyer has left");
    const controller = new AbortController();
    const { client } = await start(published, (_response, _request) => controller.abort(reason));
    await expect(client.request("orders", { value: 1 }, { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe("a ticket", () => {
  test("is asked at once, or waited for", async () => {
    const status = { state: "waiting", position: 2, etaMs: 700, result: null };
    const { server, client } = await start(answer(200, status));
    expect(await client.ticket("t-1")).toEqual(status);
    await client.ticket("t-1", { waitMs: 5_000 });
    expect(server.requests.map(({ path }) => path)).toEqual([
      "/v1/tickets/t-1",
      "/v1/tickets/t-1?waitMs=5000",
    ]);
  });

  test("that is waited for has its wait on top of the time for an attempt", async () => {
    const slow: Step = (response, request) => {
      setTimeout(() => state("done")(response, request), 400);
    };
    const { server } = await start(slow);
    const client = new Client({ url: server.url, attemptTimeoutMs: 100, retries: 0 });
    expect(await client.ticket("t-1", { waitMs: 20_000 })).toMatchObject({ state: "done" });
    await expect(client.ticket("t-1")).rejects.toMatchObject({ code: "UNREACHABLE" });
  });

  test("that is forged is told", async () => {
    const { client } = await start(problem(404, "NOT_FOUND", false));
    await expect(client.ticket("forged")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
