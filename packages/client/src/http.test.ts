import { createServer } from "node:net";
import { TidegateError } from "@tidegate/contracts";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { Client } from "./client.ts";
import { outcomesOf } from "./failure.ts";
import {
  answer,
  cut,
  cutInBody,
  hang,
  problem,
  type ScriptedServer,
  type Step,
  scriptedServer,
  text,
} from "./fixtures/scripted-server.ts";
import type { ClientOptions } from "./http.ts";

const published = {
  messages: [{ partition: 0, offset: 7, ticket: "t" }],
  backlog: { messages: 0, oldestMs: 0, etaMs: null },
};
const servers: ScriptedServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(steps: readonly [Step, ...Step[]], options: Partial<ClientOptions> = {}) {
  const server = await scriptedServer(...steps);
  servers.push(server);
  const backoff = { initialMs: 1, maxMs: 2 };
  return { server, client: new Client({ url: server.url, backoff, ...options }) };
}

async function failureOf(call: Promise<unknown>): Promise<TidegateError> {
  const error = await call.then(
    () => new Error("it did not fail"),
    (thrown) => thrown,
  );
  if (!(error instanceof TidegateError)) throw error;
  return error;
}

test("a call whose time is over when its process goes on is not tried again", async () => {
  let requests = 0;
  const client = new Client({
    url: "http://nowhere",
    timeoutMs: 1000,
    fetch: async () => {
      requests += 1;
      return new Response("", { status: 503 });
    },
  });
  const { signal } = new AbortController();
  const trueNow = Date.now;
  onTestFinished(() => {
    Date.now = trueNow;
  });
  // Listened to by the attempt, and then by the pause behind it.
  const listen = signal.addEventListener.bind(signal);
  let heard = 0;
  signal.addEventListener = ((...args: Parameters<typeof listen>) => {
    heard += 1;
    if (heard === 2) Date.now = () => trueNow() + 60_000;
    listen(...args);
  }) as typeof listen;
  expect((await failureOf(client.publish("orders", [{ value: 1 }], { signal }))).retryable).toBe(true);
  expect(heard).toBe(2);
  expect(requests).toBe(1);
});

describe("a publish", () => {
  test("is repeated after 503 with the same bytes and the same keys", async () => {
    const { server, client } = await start([
      problem(503, "REDIS_UNAVAILABLE", true),
      problem(503, "OVERLOADED", true),
      answer(202, published),
    ]);
    expect(
      await client.publish("orders", [{ value: { item: 7 } }, { value: 1, idempotencyKey: "mine" }]),
    ).toEqual(published);
    expect(server.requests).toHaveLength(3);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
    const { messages } = JSON.parse(server.requests[0]!.body);
    expect(messages[0].idempotencyKey).toMatch(/^[0-9a-f]{32}-0$/);
    expect(messages[1].idempotencyKey).toBe("mine");
  });

  test.each([
    ["a cut connection", cut],
    ["an answer cut in the middle", cutInBody],
    ["a proxy's 502", text(502, "<html>bad gateway</html>")],
  ])("is repeated after %s", async (_name, fault) => {
    const { server, client } = await start([fault, answer(202, published)]);
    expect(await client.publish("orders", { value: 1 })).toEqual(published);
    expect(server.requests).toHaveLength(2);
  });

  test("is repeated when no answer comes in time", async () => {
    const { server, client } = await start([hang, answer(202, published)], { attemptTimeoutMs: 100 });
    expect(await client.publish("orders", { value: 1 })).toEqual(published);
    expect(server.requests).toHaveLength(2);
  });

  test("without keys is repeated only when nothing was stored", async () => {
    const options = { idempotent: false };
    const refused = await start([problem(429, "BACKLOG_FULL", true), answer(202, published)]);
    expect(await refused.client.publish("orders", { value: 1 }, options)).toEqual(published);
    expect(JSON.parse(refused.server.requests[0]!.body).messages[0]).not.toHaveProperty("idempotencyKey");
    for (const fault of [cut, problem(503, "NOT_REPLICATED", true), text(503, "")]) {
      const { server, client } = await start([fault, answer(202, published)]);
      expect((await failureOf(client.publish("orders", { value: 1 }, options))).retryable).toBe(true);
      expect(server.requests).toHaveLength(1);
    }
  });

  test("without keys made here is repeated when each message has one of its own", async () => {
    const { server, client } = await start([cut, answer(202, published)]);
    await client.publish("orders", { value: 1, idempotencyKey: "mine" }, { idempotent: false });
    expect(server.requests).toHaveLength(2);
  });

  test("that was refused for good is not repeated, and says what became of each message", async () => {
    const messages = [
      { partition: 0, offset: 7, ticket: "t" },
      { code: "SOLD_OUT", retryable: false },
    ];
    const { server, client } = await start([problem(409, "PARTLY_ADMITTED", false, { messages })]);
    const error = await failureOf(client.publish("orders", [{ value: 1 }, { value: 2 }]));
    expect(error).toMatchObject({ code: "PARTLY_ADMITTED", status: 409, retryable: false });
    expect(error.details).toMatchObject({ requestId: "r-1", attempts: 1 });
    expect(outcomesOf(error)).toEqual(messages);
    expect(server.requests).toHaveLength(1);
  });

  test("of which some were refused for now is repeated: those that were admitted are answered again", async () => {
    const messages = [
      { partition: 0, offset: 7, ticket: "t" },
      { code: "BACKLOG_FULL", retryable: true },
    ];
    const steps = [problem(409, "PARTLY_ADMITTED", false, { messages }), answer(202, published)] as const;
    const { server, client } = await start([...steps]);
    expect(await client.publish("orders", [{ value: 1 }, { value: 2 }])).toEqual(published);
    const keyless = await start([...steps]);
    const error = await failureOf(keyless.client.publish("orders", { value: 1 }, { idempotent: false }));
    expect(error.code).toBe("PARTLY_ADMITTED");
    expect([server.requests.length, keyless.server.requests.length]).toEqual([2, 1]);
  });

  test("that JSON cannot hold is refused here", async () => {
    const { server, client } = await start([answer(202, published)]);
    const error = await failureOf(client.publish("orders", { value: 1n }));
    expect(error).toMatchObject({ code: "INVALID", details: { field: "body" } });
    expect(server.requests).toHaveLength(0);
  });
});

describe("a raw publish", () => {
  test("sends the bytes with its fields as headers, and is repeated under one key", async () => {
    const { server, client } = await start([cut, answer(202, published)]);
    const options = { contentType: "image/png", key: "ada", delayMs: 5 };
    expect(await client.publishRaw("orders", new Uint8Array([104, 105]), options)).toEqual(published);
    const [first, second] = server.requests;
    expect(first).toMatchObject({ path: "/v1/topics/orders/messages", body: "hi" });
    expect(second!.headers).toMatchObject({
      "content-type": "image/png",
      "tidegate-key": "ada",
      "tidegate-delay-ms": "5",
      "idempotency-key": first!.headers["idempotency-key"],
    });
    expect(first!.headers["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/);
  });

  test("cannot be JSON, which would be taken for the envelope", async () => {
    const { server, client } = await start([answer(202, published)]);
    const error = await failureOf(
      client.publishRaw("orders", "{}", { contentType: "application/json; charset=utf-8" }),
    );
    expect(error).toMatchObject({ code: "INVALID", details: { field: "contentType" } });
    expect(server.requests).toHaveLength(0);
  });
});

describe("a receive", () => {
  const nothing = { leases: [], paused: false };

  test.each([
    ["a cut connection", cut],
    ["an unclear refusal", problem(503, "REDIS_UNAVAILABLE", true)],
  ])("is not repeated after %s: messages may have been leased", async (_name, fault) => {
    const { server, client } = await start([fault, answer(200, nothing)]);
    expect((await failureOf(client.receive("orders", "billing"))).retryable).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  test("is repeated when the server was overloaded, and when the connection was refused", async () => {
    const { server, client } = await start([problem(503, "OVERLOADED", true), answer(200, nothing)]);
    expect(await client.receive("orders", "billing", { maxMessages: 3 })).toEqual(nothing);
    expect(server.requests[1]).toMatchObject({
      path: "/v1/topics/orders/groups/billing/receive",
      body: '{"maxMessages":3}',
    });
    const down = new Client({
      url: `http://127.0.0.1:${await closedPort()}`,
      backoff: { initialMs: 1, maxMs: 1 },
    });
    const error = await failureOf(down.receive("orders", "billing"));
    expect(error).toMatchObject({ code: "UNREACHABLE", details: { reason: "network", attempts: 5 } });
  });

  test("gives the server waitMs on top of an attempt's time", async () => {
    const late: Step = (response, request) => {
      setTimeout(() => answer(200, nothing)(response, request), 200);
    };
    const { client } = await start([late], { attemptTimeoutMs: 100 });
    expect(await client.receive("orders", "billing", { waitMs: 1_000 })).toEqual(nothing);
  });
});

describe("any call", () => {
  test("is repeated after a lost answer when a second time changes nothing", async () => {
    const settled = { acked: 1, retried: 0, released: 0, deadLettered: 0 };
    const { server, client } = await start([cut, answer(200, settled)]);
    expect(await client.settle("orders", "billing", "0.abc", { ack: "all" })).toEqual(settled);
    expect(server.requests).toHaveLength(2);
  });

  test("waits as long as the problem document and Retry-After say", async () => {
    const inBody = await start([
      problem(429, "BACKLOG_FULL", true, { retryAfterMs: 150 }),
      answer(202, published),
    ]);
    await inBody.client.publish("orders", { value: 1 });
    const inHeader = await start([text(503, "busy", { "retry-after": "1" }), answer(202, published)]);
    await inHeader.client.publish("orders", { value: 1 });
    const [first, second] = inBody.server.requests;
    const [third, fourth] = inHeader.server.requests;
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(145);
    expect(fourth!.at - third!.at).toBeGreaterThanOrEqual(995);
  });

  test("fails at once when it may only be repeated after its time", async () => {
    const { server, client } = await start([problem(429, "BACKLOG_FULL", true, { retryAfterMs: 60_000 })]);
    const error = await failureOf(client.publish("orders", { value: 1 }));
    expect(error).toMatchObject({ code: "BACKLOG_FULL", details: { retryAfterMs: 60_000, attempts: 1 } });
    expect(server.requests).toHaveLength(1);
  });

  test("ends with its time, whatever the attempts", async () => {
    const { server, client } = await start([hang], { attemptTimeoutMs: 40, retries: 1_000 });
    const error = await failureOf(client.topics.list({ timeoutMs: 200 }));
    expect(error).toMatchObject({ code: "UNREACHABLE", details: { reason: "timeout" } });
    expect(server.requests.length).toBeLessThanOrEqual(5);
  });

  test("ends after its attempts with the last error", async () => {
    const { server, client } = await start([problem(503, "REDIS_UNAVAILABLE", true)], { retries: 2 });
    const error = await failureOf(client.topics.get("orders"));
    expect(error).toMatchObject({ code: "REDIS_UNAVAILABLE", status: 503, details: { attempts: 3 } });
    expect(server.requests).toHaveLength(3);
    const once = await start([problem(503, "REDIS_UNAVAILABLE", true)], { retries: 0 });
    await failureOf(once.client.topics.get("orders"));
    expect(once.server.requests).toHaveLength(1);
  });

  test("ends with the reason of its signal, under way or between attempts", async () => {
    const reason = new Error("enough");
    for (const steps of [hang, problem(503, "OVERLOADED", true, { retryAfterMs: 5_000 })]) {
      const controller = new AbortController();
      const abortSoon: Step = (response, request) => {
        steps(response, request);
        setTimeout(() => controller.abort(reason), 20);
      };
      const { client } = await start([abortSoon]);
      await expect(client.topics.list({ signal: controller.signal })).rejects.toBe(reason);
      await expect(client.topics.list({ signal: controller.signal })).rejects.toBe(reason);
    }
  });

  test("tells errors of which it does not know the code, or that no Tidegate wrote", async () => {
    const cases: readonly [Step, Partial<TidegateError>][] = [
      [
        problem(422, "A_NEWER_CODE", false),
        { code: "INVALID", details: expect.objectContaining({ unknownCode: "A_NEWER_CODE" }) },
      ],
      [text(404, "<html>"), { code: "NOT_FOUND" }],
      [text(500, "oops"), { code: "INTERNAL" }],
      [text(200, "<html>hello</html>"), { code: "INTERNAL" }],
      [
        problem(422, "INVALID", false, { field: "messages[3].key", limit: 1024 }),
        { code: "INVALID", details: expect.objectContaining({ field: "messages[3].key", limit: 1024 }) },
      ],
    ];
    for (const [step, expected] of cases) {
      const { client } = await start([step]);
      expect(await failureOf(client.topics.get("orders"))).toMatchObject(expected);
    }
  });

  test("escapes names, keeps the path of the address and sends the token", async () => {
    const { server } = await start([answer(200, { topics: [] })]);
    const client = new Client({ url: `${server.url}/queue/`, token: "secret" });
    await client.topics.get("../a b?");
    expect(server.requests[0]).toMatchObject({ method: "GET", path: "/queue/v1/topics/..%2Fa%20b%3F" });
    expect(server.requests[0]!.headers.authorization).toBe("Bearer secret");
  });
});

test("a deletion whose first answer was lost succeeds on finding nothing; a first one does not", async () => {
  const gone = problem(404, "TOPIC_NOT_FOUND", false);
  const repeated = await start([cut, gone]);
  await repeated.client.topics.delete("orders");
  const first = await start([gone]);
  expect((await failureOf(first.client.topics.delete("orders"))).code).toBe("TOPIC_NOT_FOUND");
});

test("options are checked", () => {
  const url = "http://127.0.0.1:1";
  for (const [options, field] of [
    [{ url: "no address" }, "url"],
    [{ url: "ftp://host" }, "url"],
    [{ url, retries: -1 }, "retries"],
    [{ url, timeoutMs: 0 }, "timeoutMs"],
    [{ url, attemptTimeoutMs: Number.NaN }, "attemptTimeoutMs"],
    [{ url, backoff: { initialMs: 0 } }, "backoff.initialMs"],
  ] as const) {
    expect(() => new Client(options)).toThrow(
      expect.objectContaining({ code: "INVALID", details: expect.objectContaining({ field }) }),
    );
  }
});

/** A port at which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
