import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsolePage, openConsole } from "./console-page.ts";

let folder: string;
let page: ConsolePage;
const script = "console.log('a script that is long enough to be worth it')\n".repeat(50);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-console-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>Tidegate</title>");
  writeFileSync(join(folder, "icon.svg"), "<svg/>");
  writeFileSync(join(folder, "assets", "index-1a2b3c.js"), script);
  page = openConsole(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const get = (url: string, headers: Record<string, string> = {}, method = "GET") =>
  page.answer({ method, url, headers });
const text = (answer: ReturnType<typeof get>) => Buffer.from(answer?.body ?? "").toString();

test("a browser that asks for the server is sent to the console; others get the API's answer", () => {
  expect(get("/", { accept: "text/html,*/*" })).toMatchObject({
    status: 302,
    headers: { location: "/console/" },
  });
  expect(get("/", { accept: "*/*" })).toBeNull();
  expect(get("/console")).toMatchObject({ status: 302, headers: { location: "/console/" } });
  expect(get("/v1/topics")).toBeNull();
  expect(get("/consoles")).toBeNull();
  expect(get("/console/", {}, "POST")).toBeNull();
});

test("every address below is the page, whatever the names in it", () => {
  for (const path of [
    "",
    "topics/orders",
    "topics/a.b.c/messages?from=3",
    "topics/a%2Fb",
    "tickets/x.y.z",
    "dead-letters",
  ]) {
    const answer = get(`/console/${path}`);
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    expect(text(answer)).toContain("Tidegate");
  }
});

test("what is named for its content may be kept for ever, the page not without asking", () => {
  const asset = get("/console/assets/index-1a2b3c.js");
  expect(asset?.headers).toMatchObject({
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=31536000, immutable",
  });
  const index = get("/console/");
  expect(index?.headers["cache-control"]).toBe("no-cache");
  expect(get("/console/", { "if-none-match": index!.headers.etag! })).toMatchObject({
    status: 304,
    body: null,
  });
  expect(get("/console/icon.svg")?.headers["content-type"]).toBe("image/svg+xml");
});

test("who takes gzip gets it", () => {
  const zipped = get("/console/assets/index-1a2b3c.js", { "accept-encoding": "br, gzip" });
  expect(zipped?.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(zipped!.body as Uint8Array).toString()).toBe(script);
  expect(get("/console/assets/index-1a2b3c.js")?.headers["content-encoding"]).toBeUndefined();
});

test("nothing that is no file of the page is told", () => {
  for (const path of ["assets/../index.html", "assets/none.js", "assets/", "assets/%2e%2e/index.html"])
    expect(get(`/console/${path}`)?.status, path).toBe(404);
  for (const path of ["../package.json", "..%2f..%2fpackage.json", "../../../etc/passwd"])
    expect(text(get(`/console/${path}`)), path).not.toMatch(/"name"|root:/);
});

test("no script and no style may stand in a document", () => {
  for (const path of ["/console/", "/console/assets/index-1a2b3c.js", "/console/icon.svg"]) {
    const { headers } = get(path)!;
    expect(headers["content-security-policy"]).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY" });
  }
});

test("a page that was not built is answered with what to do", () => {
  const missing = openConsole(join(folder, "none"));
  expect(missing.isBuilt).toBe(false);
  const answer = missing.answer({ method: "GET", url: "/console/topics/orders", headers: {} });
  expect(answer?.status).toBe(503);
  expect(String(answer?.body)).toContain("npm run build");
});
