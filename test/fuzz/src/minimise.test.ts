import { text } from "node:stream/consumers";
import { errorTable } from "@tidegate/contracts";
import { expect, test } from "vitest";
import { stubServer } from "./fixtures/stub-server.ts";
import { Judge } from "./judge/judge.ts";
import { minimise } from "./minimise.ts";
import { readOpenApi } from "./openapi/document.ts";
import type { WireRequest } from "./wire/request.ts";

const judge = new Judge(readOpenApi({ paths: {}, components: { schemas: { Problem: {} } } }));
const request: WireRequest = {
  method: "POST",
  target: "/a?b=c&d=e",
  headers: [
    ["Host", "localhost"],
    ["X-Odd", "1"],
    ["Accept", "*/*"],
  ],
  body: Buffer.from('{"messages":[{"value":1},{"key":"k","value":{"bad":[1,2,3]}},{}],"acks":"leader"}'),
  framing: "length",
};

/** Fails with INTERNAL where it is told so, and else refuses. */
const failingOn = (fails: (body: string, headers: NodeJS.Dict<string | string[]>) => boolean) =>
  stubServer(async (incoming, outgoing) => {
    const code = fails(await text(incoming), incoming.headers) ? "INTERNAL" : "NOT_FOUND";
    outgoing.writeHead(errorTable[code].status, { "content-type": "application/problem+json" });
    outgoing.end(JSON.stringify({ code, ...errorTable[code] }));
  });

test("all that is not needed for a finding is left out", async () => {
  const url = await failingOn((body, headers) => body.includes('"bad"') && headers["x-odd"] === "1");
  const smallest = await minimise(request, "failure: INTERNAL", { url, judge });
  expect(smallest).toEqual({
    ...request,
    target: "/a",
    headers: [
      ["Host", "localhost"],
      ["X-Odd", "1"],
    ],
    body: Buffer.from('{"messages":[{"value":{"bad":[]}}]}'),
  });
});

test("what a request does not show alone is not made smaller", async () => {
  const url = await failingOn(() => false);
  expect(await minimise(request, "failure: INTERNAL", { url, judge })).toBeNull();
});
