import type { RequestListener } from "node:http";
import { errorTable } from "@tidegate/contracts";
import { expect, test } from "vitest";
import { stubServer } from "../fixtures/stub-server.ts";
import { readOpenApi } from "../openapi/document.ts";
import { Connection } from "../wire/connection.ts";
import type { WireRequest } from "../wire/request.ts";
import { Judge } from "./judge.ts";

const json = { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } };
const thing = {
  type: "object",
  properties: { name: { type: "string" }, size: { type: "integer", minimum: 1 } },
  required: ["name"],
  additionalProperties: false,
};
const problemSchema = {
  type: "object",
  properties: { code: { type: "string" }, status: { type: "integer" }, instance: { type: "string" } },
  required: ["code", "status", "title", "retryable"],
};
const openApi = readOpenApi({
  paths: {
    "/things/{name}": {
      put: {
        requestBody: { required: true, content: json },
        responses: { 200: { content: json }, default: {} },
        security: [{ bearer: [] }],
      },
      get: { responses: { 200: { content: json } } },
      delete: { responses: { 204: {} } },
    },
  },
  components: { schemas: { Thing: thing, Problem: problemSchema } },
});

const good: WireRequest = {
  method: "PUT",
  target: "/things/a",
  headers: [
    ["Host", "localhost"],
    ["Authorization", "Bearer fuzz-admin"],
    ["Content-Type", "application/json"],
  ],
  body: Buffer.from('{"name":"a"}'),
  framing: "length",
};

/** What the judge says of a stub server's answer. */
async function verdictOn(
  answer: RequestListener,
  request: WireRequest = good,
  withinMs = 20_000,
): Promise<string | null> {
  const connection = new Connection(await stubServer(answer));
  const exchange = await connection.send(request, withinMs);
  connection.close();
  return new Judge(openApi).judge(request, exchange)?.kind ?? null;
}

const answering =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_incoming, outgoing) => {
    const type = status < 300 ? "application/json" : "application/problem+json";
    outgoing.writeHead(status, { "content-type": type, ...headers });
    outgoing.end(typeof body === "string" ? body : JSON.stringify(body));
  };
const problem = (code: keyof typeof errorTable, more: object = {}) => ({
  code,
  ...errorTable[code],
  ...more,
});
const retryAfter = { "retry-after": "1" };

test.each([
  ["a success as documented", answering(200, { name: "a" })],
  ["a refusal by the table", answering(409, problem("LEASE_LOST"))],
  ["an invalid field", answering(422, problem("INVALID", { field: "size" }))],
  ["a Redis that is away", answering(503, problem("REDIS_UNAVAILABLE", { retryAfterMs: 1000 }), retryAfter)],
  [
    "an interim answer before the final one",
    (_incoming, outgoing) => {
      outgoing.writeContinue();
      answering(200, { name: "a" })(_incoming, outgoing);
    },
  ] as [string, RequestListener],
])("%s is fine", async (_, answer) => {
  expect(await verdictOn(answer)).toBeNull();
});

test.each<[string, string, RequestListener]>([
  ["a failure", "failure: INTERNAL", answering(500, problem("INTERNAL"))],
  ["a failure that the SDK alone has", "failure: UNREACHABLE", answering(503, problem("UNREACHABLE"))],
  ["a server that hangs", "hang", () => {}],
  ["a server that hangs after its head", "hang", (_, outgoing) => void outgoing.writeHead(200).write("{")],
  ["a connection cut", "no answer", (incoming) => incoming.socket.destroy()],
  ["no HTTP", "no HTTP answer", (incoming) => incoming.socket.end("nonsense\r\n\r\n")],
  ["plain text of a refusal", "no problem document", answering(404, "no", { "content-type": "text/plain" })],
  ["a refusal without a body", "no problem document", answering(404, "")],
  ["a problem without a code", "problem against its schema", answering(404, { status: 404 })],
  ["an unknown code", "against the table: ODD", answering(418, { ...problem("INVALID"), code: "ODD" })],
  ["a wrong status", "wrong status: LEASE_LOST", answering(404, problem("LEASE_LOST"))],
  [
    "another status inside",
    "wrong status: LEASE_LOST",
    answering(409, problem("LEASE_LOST", { status: 400 })),
  ],
  [
    "a wrong retryable",
    "against the table: SOLD_OUT",
    answering(409, problem("SOLD_OUT", { retryable: true })),
  ],
  ["no field", "names no field: INVALID", answering(422, problem("INVALID"))],
  [
    "no time to retry",
    "says not when to retry: OVERLOADED",
    answering(503, problem("OVERLOADED", { retryAfterMs: 1 })),
  ],
  [
    "a message against the table",
    "message against the table: PARTLY_ADMITTED",
    answering(409, problem("PARTLY_ADMITTED", { messages: [{ code: "SOLD_OUT", retryable: true }] })),
  ],
  ["an undocumented status", "undocumented status", answering(201, { name: "a" })],
  ["a redirection", "no problem document", answering(302, "", { "content-type": "text/html" })],
  [
    "an answer against its schema",
    "answer against its schema: /things/{name}",
    answering(200, { name: "a", size: 0 }),
  ],
  ["half an answer", "no JSON", answering(200, '{"name":')],
  ["a success as text", "wrong content type", answering(200, "{}", { "content-type": "text/plain" })],
])("%s is found", async (_, kind, answer) => {
  expect(await verdictOn(answer, good, kind === "hang" ? 200 : 20_000)).toBe(kind);
});

const ok = answering(200, { name: "a" });
test.each<[string, string, Partial<WireRequest>]>([
  [
    "a body against its schema",
    "taken against the schema: /things/{name}",
    { body: Buffer.from('{"size":1}') },
  ],
  ["no JSON", "no JSON was taken: /things/{name}", { body: Buffer.from("{") }],
  ["no token", "no token was needed", { headers: [["Host", "localhost"]] }],
  ["an operation that nobody documented", "success of nothing", { target: "/other" }],
])("%s that was accepted is found", async (_, kind, change) => {
  expect(await verdictOn(ok, { ...good, ...change })).toBe(kind);
});

test("half a body that was accepted is found", async () => {
  expect(await verdictOn(ok, { ...good, framing: "cut" })).toBe("half a body was taken");
});

test("what is no request may be answered by closing the connection, and by nothing else", async () => {
  const raw = { ...good, raw: Buffer.from("nonsense\r\n\r\n") };
  expect(await verdictOn(ok, raw)).toBe("no problem document");
  const closing = { ...good, raw: Buffer.from("PUT /things/a HTTP/1.1\r\nHost: localhost\r\n\r\n") };
  expect(await verdictOn((incoming) => incoming.socket.destroy(), closing)).toBeNull();
});

test("a body where none is documented is found", async () => {
  const request: WireRequest = { ...good, method: "DELETE", body: null };
  const answer: RequestListener = (incoming) =>
    incoming.socket.end("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\nextra");
  expect(await verdictOn(answer, request)).toBe("no HTTP answer");
});
