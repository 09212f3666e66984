import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type TestApp, testApp } from "../fixtures/test-app.ts";
import { parseTokens } from "../middleware/tokens.ts";

const path = "/v1/signing-keys";
const redisUrl = inject("redisUrl");
let app: TestApp;
beforeAll(() => {
  app = testApp(redisUrl);
});
afterAll(() => app.stop());

test("a rotation makes the next key current, and a repeat changes nothing", async () => {
  const { body: before } = await app.call("GET", path);
  expect(before.current).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(before.next).not.toBe(before.current);
  expect((await app.call("GET", path)).body).toEqual(before);
  const rotated = await app.call("POST", `${path}/rotate`);
  expect(rotated).toMatchObject({ status: 200, body: { current: before.next } });
  expect(rotated.body.next).not.toBe(before.current);
  expect((await app.call("POST", `${path}/rotate`)).body).toEqual(rotated.body);
  expect((await app.call("GET", path)).body).toEqual(rotated.body);
});

test("configured keys are shown, and rotated where they are configured", async () => {
  const keys = { current: "whsec_a", next: "whsec_b" };
  const configured = testApp(redisUrl, { signingKeys: keys });
  try {
    expect((await configured.call("GET", path)).body).toEqual(keys);
    const refused = await configured.call("POST", `${path}/rotate`);
    expect(refused).toMatchObject({ status: 422, body: { code: "NOT_SUPPORTED" } });
  } finally {
    await configured.stop();
  }
});

test("the keys are for administrators", async () => {
  const guarded = testApp(redisUrl, { tokens: parseTokens("some=publish:*;operator=read;root=admin") });
  try {
    const as = (token: string) => guarded.call("GET", path, undefined, { authorization: `Bearer ${token}` });
    for (const token of ["some", "operator"]) expect((await as(token)).status).toBe(403);
    expect((await as("root")).status).toBe(200);
  } finally {
    await guarded.stop();
  }
});
