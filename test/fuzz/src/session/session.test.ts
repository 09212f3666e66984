import { errorTable } from "@tidegate/contracts";
import { expect, test } from "vitest";
import { stubServer } from "../fixtures/stub-server.ts";
import { FromDocument } from "../generate/from-document.ts";
import type { Finding } from "../judge/finding.ts";
import { Judge } from "../judge/judge.ts";
import { readOpenApi } from "../openapi/document.ts";
import { encodeRequest, type WireRequest } from "../wire/request.ts";
import { Session } from "./session.ts";

const openApi = readOpenApi({
  paths: {
    "/v1/topics/{topic}": { put: { responses: { 201: {}, default: {} } }, get: { responses: { 200: {} } } },
  },
  components: { schemas: { Problem: {} } },
});

/** What a session sent, and what was found. */
async function runSession(url: string, seed: number, requests: number) {
  const sent: WireRequest[] = [];
  const found: Finding[] = [];
  const note = (request: WireRequest, _exchange: unknown, finding: Finding | null) => {
    sent.push(request);
    if (finding !== null) found.push(finding);
  };
  const judge = new Judge(openApi);
  const target = { url, openApi, judge, note, fromDocument: new FromDocument(openApi), answerWithinMs: 1000 };
  await new Session(target, seed, 1).run(requests);
  return { sent: sent.map((request) => encodeRequest(request).toString("latin1")), found };
}

test("the seed decides all that a session sends", async () => {
  const url = await stubServer((_, outgoing) => void outgoing.writeHead(404).end());
  const [one, again, other] = [
    await runSession(url, 5, 100),
    await runSession(url, 5, 100),
    await runSession(url, 6, 100),
  ];
  expect(again.sent).toEqual(one.sent);
  expect(other.sent).not.toEqual(one.sent);
  expect(new Set(one.sent).size).toBeGreaterThan(80);
});

test("a server whose topics change with every look is found out by what it refused", async () => {
  let looks = 0;
  const url = await stubServer((incoming, outgoing) => {
    if (incoming.method === "PUT") return void outgoing.writeHead(201).end();
    const isLook = incoming.method === "GET" && /^\/v1\/topics\/[^/]+$/.test(incoming.url!);
    if (!isLook) {
      outgoing.writeHead(409, { "content-type": "application/problem+json" });
      return void outgoing.end(JSON.stringify({ code: "LEASE_LOST", ...errorTable.LEASE_LOST }));
    }
    looks += 1;
    const shown = {
      version: looks,
      retention: { ms: null, bytes: null },
      partitionStates: [],
      gateState: null,
    };
    outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(shown));
  });
  const { found } = await runSession(url, 3, 600);
  expect(found.map(({ kind }) => kind)).toContain("a refused request changed something");
});
