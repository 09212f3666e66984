import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { signNatively } from "./sign-natively.ts";

const secrets = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.boolean())
  .map(([bytes, prefixed]) => (prefixed ? "whsec_" : "") + Buffer.from(bytes).toString("base64"));

test("signs what the library signs, for any key and any text", () => {
  const texts = fc.string({ unit: "binary", maxLength: 300 });
  const times = fc.date({ min: new Date(0), max: new Date("2200-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(secrets, texts, times, texts, (secret, id, at, body) => {
      expect(signNatively(secret)(id, at, body)).toBe(new Webhook(secret).sign(id, at, body));
    }),
  );
});

test("what it signs the library verifies", () => {
  const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  const body = JSON.stringify({ grüße: "🌊" });
  const at = new Date();
  const headers = {
    "webhook-id": "1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": signNatively(secret)("1", at, body),
  };
  expect(new Webhook(secret).verify(body, headers)).toEqual({ grüße: "🌊" });
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow("No matching signature");
});

test("a key that the library refuses is refused", () => {
  for (const secret of ["", "whsec_", "whsec_!"]) {
    expect(() => new Webhook(secret), secret).toThrow();
    expect(() => signNatively(secret), secret).toThrow();
  }
});
