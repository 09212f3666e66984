import { TidegateError } from "@tidegate/contracts";
import { describe, expect, test } from "vitest";
import { toBase64 } from "../base64.ts";
import {
  currentKey,
  foreignKey,
  keys,
  nextKey,
  requestOf,
  type SignedPush,
  signed,
  signedPush,
  wireMessage,
} from "./fixtures/signed-push.ts";
import { verifyPush } from "./verify-push.ts";
import type { VerifyOptions } from "./verify-signed.ts";

const one = () => signedPush([wireMessage(7, { item: 7 })]);

async function refusalOf(call: Promise<unknown>): Promise<TidegateError> {
  const error = await call.then(
    () => new Error("it was accepted"),
    (thrown) => thrown,
  );
  if (error instanceof TidegateError) return error;
  throw error;
}

function changed(push: SignedPush, headers: Record<string, string | undefined>): SignedPush {
  const merged = Object.entries({ ...push.headers, ...headers }).filter(([, value]) => value !== undefined);
  return { ...push, headers: Object.fromEntries(merged) as Record<string, string> };
}

describe("a genuine push", () => {
  test("is decoded, with values of every kind", async () => {
    const bytes = Uint8Array.of(0, 255, 128, 10);
    const push = signedPush(
      [
        wireMessage(0, { text: "Grüße, 世界 🌊", nested: [null, 1.5] }, { key: "ключ" }),
        wireMessage(1, "häßlich \u0000 \ud83c\udf0a", {
          headers: { "Content-Type": "text/plain; charset=utf-8" },
        }),
        wireMessage(2, null, { valueBase64: toBase64(bytes), keyBase64: toBase64(Uint8Array.of(200)) }),
        wireMessage(3, null, { valueBase64: null }),
        wireMessage(4, "a JSON string", { partition: 3, attempt: 5 }),
        wireMessage(5, null),
      ],
      { id: "t0:billing:0-0:6:abc" },
    );
    const verified = await verifyPush(requestOf(push), { keys });
    expect(verified).toMatchObject({ topic: "orders", group: "billing", id: "t0:billing:0-0:6:abc" });
    const [json, text, binary, empty, string, none] = verified.messages;
    expect(json!.json()).toEqual({ text: "Grüße, 世界 🌊", nested: [null, 1.5] });
    expect(JSON.parse(json!.text())).toEqual(json!.json());
    expect(JSON.parse(new TextDecoder().decode(json!.value!))).toEqual(json!.json());
    expect(json).toMatchObject({ id: "0-0", key: "ключ", topic: "orders", group: "billing", attempt: 1 });
    expect(text!.text()).toBe("häßlich \u0000 🌊");
    expect(text!.value).toEqual(new TextEncoder().encode("häßlich \u0000 🌊"));
    expect(binary!.value).toEqual(bytes);
    expect(binary).toMatchObject({ key: null, keyBytes: Uint8Array.of(200) });
    expect(empty!.value).toBeNull();
    expect(empty!.text()).toBe("");
    expect(string!.json()).toBe("a JSON string");
    expect(string!.text()).toBe('"a JSON string"');
    expect(string).toMatchObject({
      id: "3-4",
      partition: 3,
      offset: 4,
      attempt: 5,
      timestamp: 1_790_000_000_004,
    });
    expect(none!.json()).toBeNull();
    expect(none!.text()).toBe("null");
  });

  test("is JSON to who asks for it, whatever its content type says, or is told not to be", async () => {
    const push = signedPush([
      wireMessage(0, '{"a":1}', { headers: { "content-type": "text/plain" } }),
      wireMessage(1, null, { valueBase64: btoa("[2]") }),
      wireMessage(2, "no JSON", { headers: { "content-type": "text/plain" } }),
      wireMessage(3, null, { valueBase64: null }),
    ]);
    const { messages } = await verifyPush(requestOf(push), { keys });
    expect(messages[0]!.json()).toEqual({ a: 1 });
    expect(messages[1]!.json()).toEqual([2]);
    for (const message of messages.slice(2)) {
      expect(() => message.json()).toThrow(
        expect.objectContaining({ code: "INVALID", details: { field: "value" } }),
      );
    }
  });

  test("comes as a Request, as text, as bytes of any kind and as a stream, its headers in any form", async () => {
    const { headers, body } = one();
    const bytes = new TextEncoder().encode(body);
    const bodies = [body, bytes, Buffer.from(bytes), bytes.buffer, new Blob([body]).stream()];
    for (const form of bodies) {
      expect((await verifyPush({ headers, body: form }, { keys })).messages).toHaveLength(1);
    }
    const upper = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]),
    );
    expect((await verifyPush({ headers: upper, body }, { keys })).topic).toBe("orders");
    expect((await verifyPush({ headers: new Headers(headers), body }, { keys })).topic).toBe("orders");
    expect((await verifyPush(requestOf(one()), { keys })).topic).toBe("orders");
  });

  test("may be signed with either key, or have a signature by each, whatever others stand beside it", async () => {
    const byNext = signedPush([wireMessage(0, 1)], { key: nextKey });
    for (const given of [
      keys,
      [nextKey, currentKey],
      keys.join(","),
      ` ${nextKey} , ${currentKey} `,
      nextKey,
    ]) {
      expect((await verifyPush(requestOf(byNext), { keys: given })).topic).toBe("orders");
    }
    const byBoth = one();
    const signatures = [signedPush([wireMessage(7, { item: 7 })], { key: foreignKey }), byBoth].map(
      (push) => push.headers["webhook-signature"]!,
    );
    const several = changed(byBoth, { "webhook-signature": `v1a,AAAA ${signatures.join(" ")}` });
    expect((await verifyPush(requestOf(several), { keys })).topic).toBe("orders");
  });

  test("stays genuine through a rotation, and no longer once both of its keys are gone", async () => {
    const pushed = () => requestOf(signedPush([wireMessage(0, 1)], { key: currentKey }));
    const later = foreignKey;
    expect(await verifyPush(pushed(), { keys: [currentKey, nextKey] })).toBeTruthy();
    expect(await verifyPush(pushed(), { keys: [nextKey, currentKey] })).toBeTruthy();
    expect((await refusalOf(verifyPush(pushed(), { keys: [nextKey, later] }))).code).toBe(
      "SIGNATURE_INVALID",
    );
  });
});

describe("a push is refused", () => {
  test("when its body was changed by a byte, or its id or its time by a digit", async () => {
    const push = signedPush([wireMessage(0, { price: 10 })]);
    const tampered = [
      { ...push, body: push.body.replace('"price":10', '"price":11') },
      { ...push, body: `${push.body} ` },
      { ...push, body: `\ufeff${push.body}` },
      changed(push, { "webhook-id": "t0:billing:0-1" }),
      changed(push, { "webhook-timestamp": String(Number(push.headers["webhook-timestamp"]) - 1) }),
    ];
    for (const { headers, body } of tampered) {
      const error = await refusalOf(verifyPush({ headers, body }, { keys }));
      expect(error).toMatchObject({ code: "SIGNATURE_INVALID", status: 401, retryable: false });
      expect(error.details.field).toBe("webhook-signature");
      const bytes = new TextEncoder().encode(body);
      expect((await refusalOf(verifyPush({ headers, body: bytes }, { keys }))).code).toBe(
        "SIGNATURE_INVALID",
      );
    }
  });

  test("with a bad signature of any form", async () => {
    const push = one();
    const genuine = push.headers["webhook-signature"]!;
    const bad = [
      signedPush([wireMessage(7, { item: 7 })], { key: foreignKey }).headers["webhook-signature"]!,
      genuine.slice(0, -1),
      `${genuine}A`,
      genuine.replace("v1,", "v2,"),
      genuine.replace("v1,", ""),
      genuine.replace(",", ", "),
      "v1,",
      "v1",
      ",",
      "🌊",
    ];
    for (const signature of bad) {
      const headers = { ...push.headers, "webhook-signature": signature };
      const error = await refusalOf(verifyPush({ headers, body: push.body }, { keys }));
      expect([signature, error.code]).toEqual([signature, "SIGNATURE_INVALID"]);
    }
  });

  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("without %s", async (name) => {
    for (const value of [undefined, ""]) {
      const { headers, body } = changed(one(), { [name]: value });
      const error = await refusalOf(verifyPush({ headers, body }, { keys }));
      expect(error).toMatchObject({ code: "SIGNATURE_INVALID", details: { field: name } });
    }
  });

  test.each(["soon", "-5", "1e9", "1790000000.5", " 1790000000", "0x10", "9".repeat(13)])(
    "with the time %j",
    async (time) => {
      const { headers, body } = changed(one(), { "webhook-timestamp": time });
      const error = await refusalOf(verifyPush({ headers, body }, { keys }));
      expect(error).toMatchObject({ code: "SIGNATURE_INVALID", details: { field: "webhook-timestamp" } });
    },
  );

  test("when it was signed longer ago, or further ahead, than the tolerance", async () => {
    const now = 1_790_000_000_000;
    const at = (seconds: number, options: Partial<VerifyOptions> = {}) =>
      verifyPush(requestOf(signedPush([wireMessage(0, 1)], { sentAt: now + seconds * 1000 })), {
        keys,
        now: () => now,
        ...options,
      });
    for (const seconds of [-300, -1, 0, 300]) expect((await at(seconds)).sentAt).toBe(now + seconds * 1000);
    for (const seconds of [-301, 301, -1e6]) {
      const error = await refusalOf(at(seconds));
      expect(error).toMatchObject({
        code: "SIGNATURE_EXPIRED",
        status: 401,
        details: { field: "webhook-timestamp", limit: 300 },
      });
    }
    expect((await refusalOf(at(-11, { toleranceSeconds: 10 }))).message).toContain("11 s ago");
    expect((await refusalOf(at(12, { toleranceSeconds: 10 }))).message).toContain("12 s ahead");
    expect(await at(-900, { toleranceSeconds: 1_000 })).toBeTruthy();
  });

  test("when its body was parsed before, and is told to hand over the raw one", async () => {
    const { headers, body } = one();
    const request = requestOf(one());
    await request.json();
    const parsedBodies = [JSON.parse(body), [], {}, null, undefined, 7, true];
    const calls = [
      verifyPush(request, { keys }),
      ...parsedBodies.map((parsed) => verifyPush({ headers, body: parsed }, { keys })),
    ];
    for (const call of calls) {
      const error = await refusalOf(call);
      expect(error).toMatchObject({ code: "INVALID", details: { field: "body" } });
      expect(error.message).toContain("raw body");
    }
  });

  test("when it is replayed, but not when the same messages are sent again", async () => {
    const accepted = new Set<string>();
    const seen = async (id: string) => {
      const before = accepted.has(id);
      accepted.add(id);
      return before;
    };
    const now = 1_790_000_000_000;
    const options: VerifyOptions = { keys, seen, now: () => now };
    const first = signedPush([wireMessage(0, 1)], { sentAt: now - 5_000 });
    const again = signedPush([wireMessage(0, 1, { attempt: 2 })], { sentAt: now });
    expect(await verifyPush(requestOf(first), options)).toBeTruthy();
    expect(await refusalOf(verifyPush(requestOf(first), options))).toMatchObject({
      code: "SIGNATURE_REPLAYED",
      status: 401,
    });
    expect(await verifyPush(requestOf(again), options)).toBeTruthy();
    expect((await refusalOf(verifyPush(requestOf(again), options))).code).toBe("SIGNATURE_REPLAYED");
    expect([...accepted]).toEqual(["t0:billing:0-0.1789999995", "t0:billing:0-0.1790000000"]);
  });

  test("before a stranger gets into the memory of what was accepted", async () => {
    const asked: string[] = [];
    const seen = (id: string) => asked.push(id) < 0;
    await refusalOf(verifyPush(requestOf(signed("{}", { key: foreignKey })), { keys, seen }));
    await refusalOf(verifyPush(requestOf(signed("{}", { sentAt: 0 })), { keys, seen }));
    await refusalOf(verifyPush(requestOf(signed("{}")), { keys, seen }));
    expect(asked).toEqual([]);
  });

  test.each([
    ["text", "hello"],
    ["an empty body", ""],
    ["null", "null"],
    ["an array", "[]"],
    ["an event of somebody else", '{"type":"invoice.paid","data":{}}'],
    ["no messages", '{"topic":"t","group":"g","messages":{}}'],
    ["other messages", '{"topic":"t","group":"g","messages":[null]}'],
  ])("when it is signed but is %s", async (_name, body) => {
    const error = await refusalOf(verifyPush(requestOf(signed(body)), { keys }));
    expect(error).toMatchObject({ code: "INVALID", details: { field: "body" } });
  });

  test("when it is over its limit, in whatever form it comes", async () => {
    const { headers, body } = one();
    const options = { keys, maxBytes: body.length - 1 };
    const sources = [
      requestOf(one()),
      { headers, body },
      { headers, body: new TextEncoder().encode(body) },
      { headers, body: new Blob([body]).stream() },
    ];
    for (const source of sources) {
      const error = await refusalOf(verifyPush(source, options));
      expect(error).toMatchObject({
        code: "REQUEST_TOO_LARGE",
        status: 413,
        details: { limit: body.length - 1 },
      });
    }
    expect(await verifyPush({ headers, body }, { keys, maxBytes: body.length })).toBeTruthy();
  });

  test("when its bytes are no UTF-8, though a lenient reader would find the text that was signed", async () => {
    const { headers, body } = signed('{"topic":"\ufffd"}');
    const at = new TextEncoder().encode(body).indexOf(0xef);
    const bytes = new TextEncoder().encode(body);
    const forged = Uint8Array.of(...bytes.subarray(0, at), 0xff, ...bytes.subarray(at + 3));
    expect(new TextDecoder().decode(forged)).toBe(body);
    const error = await refusalOf(verifyPush({ headers, body: forged }, { keys }));
    expect(error).toMatchObject({ code: "SIGNATURE_INVALID", details: { field: "body" } });
  });
});

test("options are looked at, and no key is in what is said of them", async () => {
  const secret = "whsec_!!!secret!!!";
  const cases: [Partial<VerifyOptions>, string][] = [
    [{ keys: [] }, "keys"],
    [{ keys: "" }, "keys"],
    [{ keys: [undefined, ""] }, "keys"],
    [{ keys: undefined as never }, "keys"],
    [{ keys: [currentKey, "undefined"] }, "keys[1]"],
    [{ keys: [secret] }, "keys[0]"],
    [{ keys: ["whsec_"] }, "keys[0]"],
    [{ toleranceSeconds: 0 }, "toleranceSeconds"],
    [{ toleranceSeconds: Number.NaN }, "toleranceSeconds"],
    [{ maxBytes: -1 }, "maxBytes"],
  ];
  for (const [options, field] of cases) {
    const error = await refusalOf(verifyPush(requestOf(one()), { keys, ...options }));
    expect(error).toMatchObject({ code: "INVALID", details: { field } });
    expect(error.message).not.toContain("secret");
  }
  expect(await verifyPush(requestOf(one()), { keys: [currentKey, undefined] })).toBeTruthy();
});
