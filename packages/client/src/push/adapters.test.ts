import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { type Context, Hono } from "hono";
import { describe, expect, test } from "vitest";
import { fetchServer, nodeServer } from "./fixtures/http-servers.ts";
import {
  currentKey,
  foreignKey,
  keys,
  nextKey,
  send,
  signedPush,
  wireMessage,
} from "./fixtures/signed-push.ts";
import type { PushHandler } from "./handle-push.ts";
import { honoPush } from "./hono-push.ts";
import { nextPush } from "./next-push.ts";
import { nodePush } from "./node-push.ts";
import { NeverRetry, result, retryAfter } from "./outcome.ts";
import type { PushedMessage } from "./pushed-message.ts";
import { workerPush } from "./worker-push.ts";

/** A handler that does each thing that one may do, by the value of its message. */
const handler: PushHandler = (message: PushedMessage) => {
  const order = message.json<{ wish: string; text?: string }>();
  if (order.wish === "fail") throw new Error("it failed");
  if (order.wish === "never") throw new NeverRetry("it never will");
  if (order.wish === "pause") return retryAfter(7);
  return order.wish === "echo" ? result(order.text) : undefined;
};
const options = { keys, onError: () => {} };

const servers: Record<string, () => Promise<string>> = {
  "node:http": () => nodeServer(nodePush(options, handler)),
  Hono: () => {
    const app = new Hono();
    app.post("/push", honoPush(options, handler));
    return fetchServer(app.fetch).then((url) => `${url}/push`);
  },
  "Hono, with keys of its environment": () => {
    const app = new Hono<{ Bindings: { current: string; next: string } }>();
    app.post("/push", honoPush({ ...options, keys: (env) => [env.current, env.next] }, handler));
    return fetchServer((request) => app.fetch(request, { current: currentKey, next: nextKey })).then(
      (url) => `${url}/push`,
    );
  },
  "Next.js": () => fetchServer(nextPush(options, handler)),
  "a Worker's fetch": () => {
    const fetch = workerPush<{ keys: string }>({ ...options, keys: async (env) => env.keys }, handler);
    return fetchServer((request) => fetch(request, { keys: keys.join(",") }, { waitUntil: () => {} }));
  },
};

describe.each(Object.entries(servers))("over HTTP, %s", (_name, start) => {
  test("acknowledges, fails in part, gives up, pauses, answers with results", async () => {
    const url = await start();
    const wishes = (...list: string[]) =>
      list.map((wish, offset) => wireMessage(offset, { wish, text: "Grüße 🌊" }));
    expect(await send(url, signedPush(wishes("work", "work")))).toMatchObject({ status: 200, text: "" });
    const some = await send(url, signedPush(wishes("work", "fail", "echo"), { key: nextKey }));
    expect(some).toMatchObject({
      status: 200,
      json: {
        batchItemFailures: [{ itemIdentifier: "0-1", reason: "Error: it failed" }],
        results: [{ itemIdentifier: "0-2", result: "Grüße 🌊" }],
      },
    });
    const never = await send(url, signedPush(wishes("never")));
    expect(never).toMatchObject({
      status: 200,
      json: {
        batchItemFailures: [{ itemIdentifier: "0-0", outcome: "dead-letter", reason: "it never will" }],
      },
    });
    expect(never.headers.get("tidegate-retry")).toBe("never");
    const pause = await send(url, signedPush(wishes("pause")));
    expect(pause.status).toBe(503);
    expect(pause.headers.get("retry-after")).toBe("7");
  });

  test("refuses what is not genuine, and takes what is large", async () => {
    const url = await start();
    const forged = await send(url, signedPush([wireMessage(0, { wish: "work" })], { key: foreignKey }));
    expect(forged).toMatchObject({ status: 401, json: { code: "SIGNATURE_INVALID" } });
    expect(forged.headers.get("content-type")).toBe("application/problem+json");
    const plain = await fetch(url, { method: "POST", body: "hello" });
    expect([plain.status, (await plain.json()).code]).toEqual([401, "SIGNATURE_INVALID"]);
    const text = "🌊".repeat(500_000);
    const large = await send(url, signedPush([wireMessage(0, { wish: "work", text })]));
    expect(large.status).toBe(200);
  });
});

test("a handler in Hono and one in a Worker reach what is around them", async () => {
  const seen: unknown[] = [];
  const app = new Hono<{ Bindings: { name: string } }>();
  app.use(async (c, next) => {
    c.header("x-seen", "yes");
    await next();
  });
  app.post(
    "/push",
    honoPush<Context<{ Bindings: { name: string } }>>(options, (message, { c, topic }) => {
      seen.push([message.id, topic, c.env.name, c.req.path]);
    }),
  );
  const url = await fetchServer((request) => app.fetch(request, { name: "of Hono" }));
  const reply = await send(`${url}/push`, signedPush([wireMessage(1, 0)]));
  expect(reply.headers.get("x-seen")).toBe("yes");
  const waited: unknown[] = [];
  const worker = workerPush<{ name: string }>(options, (message, { env, ctx, group }) => {
    ctx.waitUntil(Promise.resolve(env.name));
    seen.push([message.id, group, env.name]);
  });
  const ctx = { waitUntil: (promise: Promise<unknown>) => waited.push(promise) };
  const workerUrl = await fetchServer((request) => worker(request, { name: "of a Worker" }, ctx));
  await send(workerUrl, signedPush([wireMessage(2, 0)]));
  expect(seen).toEqual([
    ["0-1", "orders", "of Hono", "/push"],
    ["0-2", "billing", "of a Worker"],
  ]);
  expect(await Promise.all(waited)).toEqual(["of a Worker"]);
});

describe("on node:http", () => {
  const pushOf = () => signedPush([wireMessage(0, { wish: "work" })]);
  type Framed = IncomingMessage & { body?: unknown; rawBody?: unknown };

  /** As the body parsers of frameworks do it: they read everything and put something on the request. */
  function behind(parser: (bytes: Buffer, request: Framed) => void) {
    const listener = nodePush(options, handler);
    return nodeServer(async (request: Framed, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      parser(Buffer.concat(chunks), request);
      await listener(request, response);
    });
  }

  test("a body that a framework kept raw is taken", async () => {
    const raw = await behind((bytes, request) => {
      request.body = bytes;
    });
    expect((await send(raw, pushOf())).status).toBe(200);
    const beside = await behind((bytes, request) => {
      request.body = JSON.parse(bytes.toString());
      request.rawBody = bytes;
    });
    expect((await send(beside, pushOf())).status).toBe(200);
  });

  test("a body that a framework has parsed, or only read, is refused with what to do", async () => {
    const parsed = await behind((bytes, request) => {
      request.body = JSON.parse(bytes.toString());
    });
    const gone = await behind(() => {});
    for (const url of [parsed, gone]) {
      const reply = await send(url, pushOf());
      expect(reply).toMatchObject({ status: 422, json: { code: "INVALID", field: "body" } });
      expect(reply.json.detail).toContain("express.raw");
    }
  });

  test("an empty body put there by a framework that has not read does not hide the real one", async () => {
    const listener = nodePush(options, handler);
    const url = await nodeServer((request: Framed, response) => {
      request.body = {};
      return listener(request, response);
    });
    expect((await send(url, pushOf())).status).toBe(200);
  });

  test("a body over the limit is answered, not read to its end", async () => {
    const url = await nodeServer(nodePush({ ...options, maxBytes: 100_000 }, handler));
    const { headers } = pushOf();
    const request = httpRequest(url, { method: "POST", headers });
    const answered = once(request, "response");
    // It never ends: whoever wants all of it first never answers.
    request.write(Buffer.alloc(200_000));
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(response.headers.connection).toBe("close");
    request.on("error", () => {});
    request.destroy();
  });

  test("a caller that goes away aborts the signal, and one that breaks off in the body harms nobody", async () => {
    const errors: unknown[] = [];
    let began = (_signal: AbortSignal) => {};
    const signals = new Promise<AbortSignal>((resolve) => {
      began = resolve;
    });
    let failed = () => {};
    const told = new Promise<void>((resolve) => {
      failed = resolve;
    });
    const onError = (error: unknown) => {
      errors.push(error);
      failed();
    };
    const listener = nodePush({ keys, onError }, (_message, { signal }) => {
      began(signal);
      return new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    const ended: Promise<void>[] = [];
    const url = await nodeServer((request, response) => {
      ended.push(listener(request, response));
    });
    const caller = new AbortController();
    const { headers, body } = pushOf();
    const call = fetch(url, { method: "POST", headers, body, signal: caller.signal });
    const signal = await signals;
    expect(signal.aborted).toBe(false);
    caller.abort();
    await expect(call).rejects.toThrow();
    await ended[0];
    expect(signal.aborted).toBe(true);

    const broken = httpRequest(url, { method: "POST", headers: { ...headers, "content-length": "1000" } });
    broken.on("error", () => {});
    broken.write("{", () => broken.destroy());
    await told;
    await Promise.all(ended);
    expect(errors).toEqual([expect.objectContaining({ code: "ECONNRESET" })]);
  });

  test("what goes wrong in the receiver is told and answered with 500, and never rejects", async () => {
    const errors: unknown[] = [];
    const store = new Error("the store is away");
    const url = await nodeServer(
      nodePush({ keys, seen: () => Promise.reject(store), onError: (error) => errors.push(error) }, handler),
    );
    expect(await send(url, pushOf())).toMatchObject({ status: 500, json: { code: "INTERNAL" } });
    expect(errors).toEqual([store]);
  });

  test("keys that are wrong are told before anything listens", () => {
    expect(() => nodePush({ keys: [undefined] }, handler)).toThrow(
      expect.objectContaining({ code: "INVALID", details: { field: "keys" } }),
    );
  });
});
