import { afterAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";
import { parseTokens } from "../middleware/tokens.ts";

const open = testApp(inject("redisUrl"));
const guarded = testApp(inject("redisUrl"), { tokens: parseTokens("root=admin;look=read;work=consume:a/b") });
afterAll(() => Promise.all([open.stop(), guarded.stop()]));

const ask = (token: string) =>
  guarded.call("GET", "/v1/access", undefined, { authorization: `Bearer ${token}` });

test("a page learns whether it may offer to act", async () => {
  expect(await open.call("GET", "/v1/access")).toMatchObject({ status: 200, body: { admin: true } });
  expect(await ask("root")).toMatchObject({ status: 200, body: { admin: true } });
  expect(await ask("look")).toMatchObject({ status: 200, body: { admin: false } });
});

test("who may neither look nor act is told so", async () => {
  expect(await ask("work")).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
  expect(await ask("unknown")).toMatchObject({ status: 401, body: { code: "UNAUTHORIZED" } });
});
