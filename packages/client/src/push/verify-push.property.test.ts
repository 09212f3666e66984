import fc from "fast-check";
import { expect, test } from "vitest";
import { toBase64 } from "../base64.ts";
import { keys, signedPush, wireMessage } from "./fixtures/signed-push.ts";
import { verifyPush } from "./verify-push.ts";

const text = { "content-type": "text/plain" };

test("whatever is pushed arrives as it was", () =>
  fc.assert(
    fc.asyncProperty(
      fc.jsonValue(),
      fc.string({ unit: "binary" }),
      fc.uint8Array(),
      fc.string({ unit: "binary" }),
      async (json, string, bytes, key) => {
        const push = signedPush([
          wireMessage(0, json, { key }),
          wireMessage(1, string, { headers: { ...text, note: string } }),
          wireMessage(2, null, { valueBase64: toBase64(bytes), keyBase64: toBase64(bytes) }),
        ]);
        const body = new TextEncoder().encode(push.body);
        const { messages } = await verifyPush({ headers: push.headers, body }, { keys });
        expect(messages[0]!.json()).toEqual(JSON.parse(JSON.stringify(json)));
        expect(messages[0]!.key).toBe(key);
        expect(messages[1]!.text()).toBe(string);
        expect(messages[1]!.value).toEqual(new TextEncoder().encode(string));
        expect(messages[1]!.headers.note).toBe(string);
        expect(messages[2]!.value).toEqual(bytes);
        expect(messages[2]!.keyBytes).toEqual(bytes);
      },
    ),
  ));

test("whatever bit of a push is turned, it is refused", () =>
  fc.assert(
    fc.asyncProperty(
      fc.jsonValue(),
      fc.nat(),
      fc.nat(7),
      fc.constantFrom("body", "webhook-id", "webhook-timestamp", "webhook-signature"),
      async (json, at, bit, where) => {
        const { headers, body } = signedPush([wireMessage(0, json)]);
        const bytes = new TextEncoder().encode(where === "body" ? body : headers[where]);
        bytes[at % bytes.length]! ^= 1 << bit;
        const turned = new TextDecoder().decode(bytes);
        const forged =
          where === "body" ? { headers, body: bytes } : { headers: { ...headers, [where]: turned }, body };
        await expect(verifyPush(forged, { keys })).rejects.toMatchObject({
          code: expect.stringMatching(/^SIGNATURE_(INVALID|EXPIRED)$/),
        });
      },
    ),
  ));
