import type { LookupAddress } from "node:dns";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { bodyLimit, judgeAnswer } from "../answer/judge-answer.ts";
import type { Verdict } from "../answer/verdict.ts";
import { answers, type Behaviour, endpoint, ok } from "../fixtures/endpoint.ts";
import { CallRules } from "../rules/call-rules.ts";
import { Abort } from "../send/abort.ts";
import type { Resolve } from "../send/guarded-lookup.ts";
import type { Send, SendAnswer } from "../send/send.ts";
import { sendByFetch } from "../send/send-by-fetch.ts";
import { sendByUndici } from "../send/send-by-undici.ts";
import { callEndpoint, type EndpointCall } from "./call-endpoint.ts";

interface Setup {
  readonly allow?: readonly string[];
  readonly resolve?: Resolve;
  readonly by?: "undici" | "fetch";
}

/** Judges answers to a push with messages of these ids. */
function judgeFor(ids: readonly string[]) {
  return (answer: SendAnswer) => judgeAnswer(answer, ids, Date.now());
}

/** Calls once, and lets go of the connections with the test. */
function call(
  url: string,
  options: Partial<EndpointCall<Verdict>> = {},
  setup: Setup = {},
): Promise<Verdict> {
  const rules = new CallRules(setup.allow ?? ["127.0.0.1"]);
  let send: Send = sendByFetch;
  if (setup.by !== "fetch") {
    const undici = sendByUndici(rules, setup.resolve);
    onTestFinished(() => undici.close());
    send = undici.send;
  }
  const body = JSON.stringify({ topic: "t", group: "g", messages: [{ id: "0-1" }] });
  const whole = {
    url: new URL(url),
    headers: {},
    method: "POST",
    body,
    limitOf: bodyLimit,
    timeoutMs: 20_000,
    signal: null,
    judge: judgeFor(["0-1"]),
  };
  return callEndpoint({ ...whole, ...options }, send, rules);
}

/** Answers names with these addresses, one answer after the other; the last one stays. */
function resolvesTo(...answers: string[][]): Resolve & { asked: number } {
  const resolve = Object.assign(
    ((_name, _options, callback) => {
      const addresses = answers[Math.min(resolve.asked, answers.length - 1)]!;
      resolve.asked += 1;
      const list: LookupAddress[] = addresses.map((address) => ({
        address,
        family: address.includes(":") ? 6 : 4,
      }));
      callback(null, list);
    }) as Resolve,
    { asked: 0 },
  );
  return resolve;
}

for (const by of ["undici", "fetch"] as const) {
  test(`by ${by}: a 2xx acknowledges, whatever its body is`, async () => {
    const bodies: Behaviour[] = [
      ok,
      answers(200),
      answers(201, {}, { fine: true }),
      answers(299, {}, "<html>"),
    ];
    for (const behaviour of bodies) {
      const { url } = await endpoint(behaviour);
      expect(await call(url, {}, { by })).toMatchObject({ kind: "answered", said: { failures: new Map() } });
    }
  });

  test.each([
    [400, {}, { kind: "failed", reason: "status 400: no\u0020good", endpoint: "well" }],
    [404, {}, { kind: "failed", endpoint: "well" }],
    [500, {}, { kind: "failed", endpoint: "unwell" }],
    [429, {}, { kind: "busy", retryAfterMs: null, said: null }],
    [429, { "retry-after": "7" }, { kind: "busy", retryAfterMs: 7_000 }],
    [503, { "retry-after": "99999" }, { kind: "busy", retryAfterMs: 3_600_000 }],
    [400, { "tidegate-retry": "never" }, { kind: "rejected", reason: "status 400: no good" }],
    [503, { "tidegate-retry": "Never" }, { kind: "rejected" }],
    [304, {}, { kind: "failed" }],
  ] as const)(`by ${by}: status %s with %j`, async (status, headers, verdict) => {
    const { url } = await endpoint(
      answers(status, { "content-type": "text/plain", ...headers }, "no good\nat all"),
    );
    expect(await call(url, {}, { by })).toMatchObject(verdict);
  });

  test(`by ${by}: an answer of 100 MB is left after its limit`, async () => {
    let sent = 0;
    const { url } = await endpoint(async (_heard, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      const chunk = Buffer.alloc(1024 * 1024, "x");
      while (sent < 100 && !response.destroyed) {
        sent += 1;
        if (!response.write(chunk)) {
          await new Promise<void>((resolve) => {
            response.once("drain", resolve);
            response.once("close", resolve);
          });
        }
      }
      response.end();
    });
    expect(await call(url, {}, { by })).toMatchObject({ kind: "answered" });
    expect(sent).toBeLessThan(100);
  });

  test(`by ${by}: the timeout covers the body, and what hangs before it`, async () => {
    const half = await endpoint((_heard, response) => response.writeHead(200).write("half"));
    const silent = await endpoint(() => {});
    for (const { url } of [half, silent]) {
      expect(await call(url, { timeoutMs: 150 }, { by })).toEqual({
        kind: "failed",
        reason: "no complete answer within 150 ms",
        endpoint: "unwell",
      });
    }
  });

  test(`by ${by}: a connection that ends in the middle of the body has failed`, async () => {
    const { url } = await endpoint((_heard, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("half", () => response.destroy());
    });
    expect(await call(url, {}, { by })).toMatchObject({ kind: "failed", endpoint: "unwell" });
  });

  test(`by ${by}: who gives up is not told of a failure`, async () => {
    const giveUp = new AbortController();
    const silent = await endpoint(() => giveUp.abort());
    expect(await call(silent.url, { signal: giveUp.signal }, { by })).toEqual({ kind: "abandoned" });
    expect(await call(silent.url, { signal: giveUp.signal }, { by })).toEqual({ kind: "abandoned" });
    expect(silent.heard).toHaveLength(1);
  });

  test(`by ${by}: nobody there is no failure of the messages`, async () => {
    const gone = await endpoint();
    const { url } = gone;
    await gone.close();
    expect(await call(url, {}, { by })).toMatchObject({ kind: "unreached" });
  });

  test(`by ${by}: redirects of the same host are followed with the body, three at most`, async () => {
    const moving = await endpoint((heard, response) => {
      if (heard.path === "/4") return ok(heard, response);
      const next = heard.path === "/push" ? 1 : Number(heard.path.slice(1)) + 1;
      return response.writeHead(next % 2 === 0 ? 308 : 307, { location: `/${next}` }).end("moved");
    });
    expect(await call(moving.url, {}, { by })).toEqual({
      kind: "failed",
      reason: "more than 3 redirects",
      endpoint: "well",
    });
    expect(await call(`http://127.0.0.1:${moving.port}/1`, {}, { by })).toMatchObject({ kind: "answered" });
    expect(new Set(moving.heard.map(({ raw }) => raw)).size).toBe(1);
  });

  test.each([301, 302, 303])(`by ${by}: a %s would lose the body`, async (status) => {
    const { url } = await endpoint(answers(status, { location: "/elsewhere" }));
    expect(await call(url, {}, { by })).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("307"),
    });
  });

  test(`by ${by}: a redirect to another host is not followed, allowed or not`, async () => {
    const inner = await endpoint();
    for (const location of [
      inner.url,
      "http://127.0.0.1:1/",
      "http://[::1]/",
      "https://127.0.0.1/",
      "//x.test/",
    ]) {
      const { url } = await endpoint(answers(307, { location }));
      expect(await call(url, {}, { by })).toMatchObject({
        kind: "failed",
        reason: expect.stringContaining("another host"),
      });
    }
    expect(inner.heard).toEqual([]);
  });

  test.each(["", "http://", "http://[", "gopher://127.0.0.1/"])(
    `by ${by}: a redirect to %j is a failure`,
    async (location) => {
      const { url } = await endpoint(answers(307, location === "" ? {} : { location }));
      expect(await call(url, {}, { by })).toMatchObject({ kind: "failed" });
    },
  );

  test(`by ${by}: what is no HTTP is a failure`, async () => {
    const server = createServer((socket) => socket.on("data", () => socket.end("SSH-2.0-OpenSSH_9.2\r\n")));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { kind } = await call(`http://127.0.0.1:${port}/`, {}, { by });
    expect(kind).toBe(by === "undici" ? "failed" : "unreached");
  });

  test(`by ${by}: an address of this machine is not called where it is not allowed`, async () => {
    const { url, heard, port } = await endpoint();
    for (const address of [url, `http://localhost:${port}/`, `http://2130706433:${port}/`]) {
      const verdict = await call(address, {}, { by, allow: [] });
      expect(verdict).toMatchObject({ kind: "failed", endpoint: "unknown" });
    }
    expect(heard).toEqual([]);
  });
}

test("a name that resolves to a private address is not connected to", async () => {
  const { port, heard } = await endpoint();
  const resolve = resolvesTo(["127.0.0.1"]);
  const verdict = await call(`http://shop.test:${port}/`, {}, { allow: [], resolve });
  expect(verdict).toMatchObject({ kind: "failed", reason: expect.stringContaining("127.0.0.1") });
  expect(resolve.asked).toBe(1);
  expect(heard).toEqual([]);
});

test("a name is resolved once, and what was checked is what is connected to", async () => {
  const { port, heard } = await endpoint();
  // Had it been looked up again behind the check, it would have gone to an address that is not allowed.
  const resolve = resolvesTo(["127.0.0.1"], ["127.0.0.2"]);
  const verdict = await call(`http://shop.test:${port}/`, {}, { allow: ["127.0.0.1"], resolve });
  expect(verdict).toMatchObject({ kind: "answered" });
  expect(heard).toHaveLength(1);
  expect(resolve.asked).toBe(1);
});

test("of several addresses only those that are allowed are tried", async () => {
  const { port, heard } = await endpoint();
  const resolve = resolvesTo(["127.0.0.2", "::1", "127.0.0.1"]);
  const verdict = await call(`http://shop.test:${port}/`, {}, { allow: ["127.0.0.1"], resolve });
  expect(verdict).toMatchObject({ kind: "answered" });
  expect(heard).toHaveLength(1);
});

test("a name that changes its address later is checked again for each connection", async () => {
  const first = await endpoint((_heard, response) => response.writeHead(204, { connection: "close" }).end());
  const resolve = resolvesTo(["127.0.0.1"], ["127.0.0.2"]);
  const rules = new CallRules(["127.0.0.1"]);
  const undici = sendByUndici(rules, resolve);
  onTestFinished(() => undici.close());
  const again = () =>
    callEndpoint(
      {
        url: new URL(`http://shop.test:${first.port}/`),
        method: "POST",
        headers: {},
        body: JSON.stringify({ messages: [] }),
        limitOf: bodyLimit,
        timeoutMs: 20_000,
        signal: null,
        judge: judgeFor(["0-1"]),
      },
      undici.send,
      rules,
    );
  expect(await again()).toMatchObject({ kind: "answered" });
  expect(await again()).toMatchObject({ kind: "failed", reason: expect.stringContaining("127.0.0.2") });
});

test("a name that does not exist is no failure of the messages", async () => {
  const resolve: Resolve = (_name, _options, callback) =>
    callback(Object.assign(new Error("getaddrinfo ENOTFOUND shop.test"), { code: "ENOTFOUND" }), []);
  const verdict = await call("https://shop.test/", {}, { resolve });
  expect(verdict).toMatchObject({ kind: "unreached", reason: expect.stringContaining("ENOTFOUND") });
});

test("where TLS cannot be spoken nothing was sent", async () => {
  const { port, heard } = await endpoint();
  expect(await call(`https://127.0.0.1:${port}/`)).toMatchObject({ kind: "unreached" });
  expect(heard).toEqual([]);
});

test("a timeout ends a call whose connection is still being made", async () => {
  // Its name is never resolved.
  const resolve: Resolve = () => {};
  const verdict = await call("https://shop.test/", { timeoutMs: 50 }, { resolve });
  expect(verdict).toMatchObject({ kind: "failed", reason: "no complete answer within 50 ms" });
});

test("connections are kept", async () => {
  const { url, heard } = await endpoint();
  const rules = new CallRules(["127.0.0.1"]);
  const undici = sendByUndici(rules);
  onTestFinished(() => undici.close());
  const ports = new Set<string>();
  for (let count = 0; count < 5; count++) {
    const request = {
      url: new URL(url),
      method: "POST",
      headers: {},
      body: '{"messages":[]}',
      limitOf: () => 100,
    };
    const answer = await undici.send({ ...request, abort: new Abort() });
    expect(answer).toMatchObject({ status: 204, text: "", whole: true });
    ports.add(heard.at(-1)!.headers.connection ?? "");
  }
  expect(heard).toHaveLength(5);
  expect([...ports]).toEqual(["keep-alive"]);
});

test("a 429 may tell what was handled before it", async () => {
  const body = { batchItemFailures: [{ itemIdentifier: "0-2", outcome: "release" }], results: [] };
  const { url } = await endpoint(answers(429, { "retry-after": "5" }, body));
  const verdict = await call(url, { judge: judgeFor(["0-1", "0-2"]) });
  expect(verdict).toMatchObject({ kind: "busy", retryAfterMs: 5_000 });
  expect(verdict.kind === "busy" && [...verdict.said!.failures.keys()]).toEqual(["0-2"]);
});

test("a body may be the result", async () => {
  const result = { "tidegate-result": "body" };
  const json = await endpoint(answers(200, result, { total: 5 }));
  const text = await endpoint(answers(200, { ...result, "content-type": "text/plain" }, "done"));
  const results = async (url: string, ids: string[]) => {
    const verdict = await call(url, { judge: judgeFor(ids) });
    return verdict.kind === "answered" && [...verdict.said.results];
  };
  expect(await results(json.url, ["0-1"])).toEqual([["0-1", { total: 5 }]]);
  expect(await results(text.url, ["0-1"])).toEqual([["0-1", "done"]]);
  expect(await results(text.url, ["0-1", "0-2"])).toEqual([]);
});
