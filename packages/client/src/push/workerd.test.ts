import type { IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { unstable_startWorker } from "wrangler";
import { answer, type ScriptedServer, type Step, scriptedServer } from "../fixtures/scripted-server.ts";
import { standingServer } from "./fixtures/http-servers.ts";
import { foreignKey, keys, type PushReply, send, signedPush, wireMessage } from "./fixtures/signed-push.ts";

type Miniflare = NonNullable<(typeof worker.raw.runtimes)[0]["mf"]>;
type Runtime = Awaited<ReturnType<Miniflare["getWorker"]>>;

/** The receiver in workerd, without any of Node, and what its consumer reports. */
let worker: Awaited<ReturnType<typeof unstable_startWorker>>;
let runtime: Runtime;
const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
let url: string;
let server: ScriptedServer;
let report: { url: string; next(): Promise<unknown>; stop(): Promise<void> };

beforeAll(async () => {
  report = await startReport();
  server = await scriptedServer(answerAsTidegate);
  process.env.WRANGLER_LOG_PATH = `${fixtures}.wrangler/logs`;
  process.env.WRANGLER_BUILD_CONDITIONS = "tidegate-source,workerd,worker,browser";
  process.env.WRANGLER_SEND_METRICS = "false";
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  // It looks at the environment as soon as it is there.
  const wrangler = await import("wrangler");
  worker = await wrangler.unstable_startWorker({
    config: `${fixtures}wrangler.jsonc`,
    bindings: {
      KEYS: { type: "plain_text", value: keys.join(",") },
      REPORT: { type: "plain_text", value: report.url },
      SERVER: { type: "plain_text", value: server.url },
    },
    dev: {
      server: { hostname: "127.0.0.1", port: 0 },
      inspector: false,
      persist: false,
      watch: false,
      logLevel: "error",
    },
  });
  // Answered by the worker, so by then it runs.
  expect((await fetch(await worker.url)).status).toBe(404);
  // workerd itself: what wrangler has in front of it takes requests only, and answers some of them with a 503 of its own.
  const { mf } = worker.raw.runtimes.find((one) => one.mf !== undefined)!;
  url = String(await mf!.ready).replace(/\/$/, "");
  runtime = await mf!.getWorker("receiver");
}, 120_000);

afterAll(async () => {
  await worker?.dispose();
  await report?.stop();
  await server?.stop();
});

async function startReport() {
  const reports: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  const server = await standingServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const value = JSON.parse(Buffer.concat(chunks).toString());
    const first = waiting.shift();
    if (first) first(value);
    else reports.push(value);
    response.end();
  });
  const next = () =>
    reports.length > 0
      ? Promise.resolve(reports.shift())
      : new Promise<unknown>((resolve) => {
          waiting.push(resolve);
        });
  return { ...server, next };
}

/** A publish, a ticket that is waited for, and its events. */
const answerAsTidegate: Step = (response, request) => {
  const status = (state: string) => ({ state, position: null, etaMs: null, result: "here" });
  if (request.method === "POST") {
    const backlog = { messages: 0, oldestMs: 0, etaMs: null };
    answer(202, { messages: [{ partition: 0, offset: 7, ticket: "t" }], backlog })(response, request);
  } else if (request.path.endsWith("/events")) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const state of ["waiting", "processing", "done"])
      response.write(`event: state\ndata: ${JSON.stringify(status(state))}\n\n`);
  } else answer(200, status("done"), { "cache-control": "no-store" })(response, request);
};

const values = () => [
  wireMessage(0, { deep: ["Grüße 🌊"] }),
  wireMessage(1, "Grüße 🌊", { headers: { "content-type": "text/plain" } }),
  wireMessage(2, null, { valueBase64: "AP8=" }),
  wireMessage(3, false),
];

describe.each(["/hono", "/next", "/worker"])("in workerd, %s", (path) => {
  test("handles what was pushed", async () => {
    const messages = [...values(), wireMessage(4, 1, { headers: { wish: "fail" } })];
    const reply = await send(url + path, signedPush(messages));
    expect(reply).toMatchObject({
      status: 200,
      json: {
        batchItemFailures: [{ itemIdentifier: "0-4", reason: "Error: it failed" }],
        results: [
          { itemIdentifier: "0-0", result: ['{"deep":["Grüße 🌊"]}', 25] },
          { itemIdentifier: "0-1", result: ["Grüße 🌊", 12] },
          { itemIdentifier: "0-2", result: ["\u0000\ufffd", 2] },
          { itemIdentifier: "0-3", result: ["false", 5] },
        ],
      },
    });
  });

  test("refuses what is not genuine", async () => {
    const forged = await send(url + path, signedPush(values(), { key: foreignKey }));
    expect(forged).toMatchObject({ status: 401, json: { code: "SIGNATURE_INVALID" } });
    const old = await send(url + path, signedPush(values(), { sentAt: Date.now() - 400_000 }));
    expect(old).toMatchObject({ status: 401, json: { code: "SIGNATURE_EXPIRED" } });
  });
});

test("in workerd, verification stands alone, and a parsed body is told", async () => {
  const verified = await send(`${url}/verify`, signedPush(values(), { key: keys[1]! }));
  expect(verified).toMatchObject({
    status: 200,
    json: { topic: "orders", messages: [{ id: "0-0" }, {}, {}, {}] },
  });
  const late = signedPush(values(), { sentAt: Date.now() - 60_000 });
  expect(await send(`${url}/verify`, late)).toMatchObject({
    status: 400,
    json: { code: "SIGNATURE_EXPIRED" },
  });
  const parsed = await send(`${url}/parsed`, signedPush(values()));
  expect(parsed).toMatchObject({ status: 422, json: { code: "INVALID", field: "body" } });
});

test("in workerd, the client asks for results, and follows a ticket live", async () => {
  const asked = await fetch(`${url}/ask`, { method: "POST" });
  expect(await asked.json()).toEqual({ answer: "here", states: ["waiting", "processing", "done"] });
  expect(server.requests.map(({ method, path }) => `${method} ${path.split("?")[0]}`)).toEqual([
    "POST /v1/topics/orders/messages",
    "GET /v1/tickets/t",
    "GET /v1/tickets/t/events",
  ]);
});

test("in workerd, a function for SQS runs unchanged", async () => {
  const messages = ["fine", "an error"].map((text, offset) => wireMessage(offset, text));
  expect((await send(`${url}/lambda`, signedPush(messages))).json).toEqual({
    batchItemFailures: [{ itemIdentifier: "0-1" }],
  });
});

describe("a consumer of Cloudflare Queues", () => {
  test("is handed the same by us as by Cloudflare's own queue", async () => {
    expect((await fetch(`${url}/send`, { method: "POST" })).status).toBe(202);
    const theirs = await report.next();
    await send(`${url}/queue`, signedPush(values()));
    const ours = await report.next();
    expect(ours).toEqual(theirs);
    expect(ours).toMatchObject({
      queue: "orders",
      messages: [{}, {}, { body: { kind: "ArrayBuffer" } }, {}],
    });
  });

  test.each([
    ["nothing", [[], []]],
    ["ack, and nothing", [["ack"], []]],
    ["retry", [["retry"], ["ack"], [30], []]],
    [
      "ack then retry",
      [
        ["ack", "retry"],
        ["ack", 5],
      ],
    ],
    [
      "retry then ack",
      [
        ["retry", "ack"],
        [5, "ack"],
      ],
    ],
    [
      "retry twice",
      [
        ["retry", 6],
        [5, 7],
        [8, "retry"],
      ],
    ],
    ["ackAll", [["ackAll"], []]],
    ["retryAll", [["retryAll"], []]],
    ["retryAll, then calls on messages", [["retryAll"], ["ack"], [5], ["retry"]]],
    ["calls on messages, then retryAll", [["ack"], [5], ["retry"], ["retryAll"], []]],
    ["calls on messages, then ackAll", [["retry"], [5], ["ack"], ["ackAll"], []]],
    ["ackAll, then calls on messages", [["ackAll"], ["retry"], [5], ["ack"]]],
    ["ackAll then retryAll", [["ackAll", "retryAll"], []]],
    ["retryAll then ackAll", [["retryAll", "ackAll"], []]],
    ["throw", [["ack"], ["retry"], [5], [], ["throw"], []]],
    ["throw after ackAll", [["ackAll"], ["throw"], []]],
    ["throw after retryAll", [["ack"], ["retryAll"], ["throw"]]],
  ])("has done with its messages what Cloudflare's own runtime does: %s", async (_name, calls) => {
    const messages = calls.map((body, offset) => ({
      id: `0-${offset}`,
      timestamp: new Date(1_790_000_000_000),
      body,
      attempts: 1,
    }));
    const theirs = await runtime.queue("orders", messages);
    await report.next();
    const ours = await send(
      `${url}/queue`,
      signedPush(calls.map((body, offset) => wireMessage(offset, body))),
    );
    await report.next();
    expect(ours.status).toBe(200);
    expect(decisionsOf(ours, messages)).toEqual(decisionsByCloudflare(theirs, messages));
  });
});

type Ided = readonly { readonly id: string }[];

/** For each message: whether it is acknowledged, or the seconds after which it comes again. */
function decisionsOf({ json }: PushReply, messages: Ided): (string | number)[] {
  return messages.map(({ id }) => {
    const failure = json?.batchItemFailures?.find(
      ({ itemIdentifier }: { itemIdentifier: string }) => itemIdentifier === id,
    );
    if (failure === undefined) return "ack";
    return failure.delayMs === undefined ? "retry" : failure.delayMs / 1000;
  });
}

/** The same of what the runtime reports, by the rules that Cloudflare documents. */
function decisionsByCloudflare(
  result: Awaited<ReturnType<Runtime["queue"]>>,
  messages: Ided,
): (string | number)[] {
  const { outcome, ackAll, retryBatch, explicitAcks, retryMessages } = result;
  const retries = new Map(retryMessages.map(({ msgId, delaySeconds }) => [msgId, delaySeconds]));
  return messages.map(({ id }) => {
    if (explicitAcks.includes(id)) return "ack";
    if (retries.has(id)) return retries.get(id) ?? retryBatch.delaySeconds ?? "retry";
    if (ackAll) return "ack";
    if (retryBatch.retry) return retryBatch.delaySeconds ?? "retry";
    return outcome === "ok" ? "ack" : "retry";
  });
}
