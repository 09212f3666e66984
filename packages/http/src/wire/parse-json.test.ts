import { TidegateError } from "@tidegate/contracts";
import { holdsAllNumbers, isTooDeep } from "@tidegate/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "./parse-json.ts";

function refusal(text: string | Uint8Array): { code: string; field?: unknown } {
  try {
    parseJson(Buffer.from(text as string));
  } catch (error) {
    if (error instanceof TidegateError) return { code: error.code, ...error.details };
    throw error;
  }
  throw new Error("was accepted");
}

test("every JSON value comes through", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseJson(Buffer.from(text)))).toBe(text);
    }),
  );
});

test.each([
  "",
  "{",
  "{'a':1}",
  '{"a":NaN}',
  '{"a":Infinity}',
  "[1,]",
  '{"a":01}',
  '"\n"',
  "undefined",
  "1 2",
])("%j is not JSON", (text) => {
  expect(refusal(text)).toMatchObject({ code: "INVALID_JSON" });
});

test("bytes that are not UTF-8 are not JSON", () => {
  expect(refusal(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ code: "INVALID_JSON" });
  expect(refusal(Uint8Array.of(0x22, 0xf0, 0x9f, 0x98, 0x22))).toMatchObject({ code: "INVALID_JSON" });
});

test.each([
  ["12345678901234567890", "body"],
  ['{"messages":[{"value":{"id":[9007199254740993]}}]}', "messages[0].value.id[0]"],
  ['{"a":-9007199254740993}', "a"],
  ['{"a":1e400}', "a"],
  ['{"a":-1E+999}', "a"],
])("%s holds a number that JavaScript does not", (text, field) => {
  expect(refusal(text)).toMatchObject({ code: "INVALID", field });
  expect(holdsAllNumbers(text)).toBe(false);
});

test.each([
  '{"a":9007199254740991}',
  '{"a":1200000000000000000}',
  '{"a":0.12345678901234567}',
  '{"a":1e20}',
  '"12345678901234567890"',
  "1.5e300",
])("%s is taken", (text) => {
  expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
  expect(holdsAllNumbers(text)).toBe(true);
});

test("nesting is measured without recursing past the limit", () => {
  const nested = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
  expect(isTooDeep(nested(100))).toBe(false);
  expect(isTooDeep(nested(101))).toBe(true);
  expect(isTooDeep(nested(1_000_000))).toBe(true);
  expect(refusal(`${"[".repeat(200_000)}12345678901234567890${"]".repeat(200_000)}`)).toMatchObject({
    code: "INVALID",
  });
});
