import { expect, test } from "vitest";
import { encodeBody } from "./outgoing-message.ts";

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

test.each([
  ["a number that JSON would make null", { gate: { id: "sale", stock: Number.NaN } }],
  ["infinity", { messages: [{ value: [Number.POSITIVE_INFINITY] }] }],
  ["a BigInt", { limit: 1n }],
  ["a cycle", cycle],
])("%s is refused before anything is sent", (_, body) => {
  expect(() => encodeBody(body)).toThrow(
    expect.objectContaining({ code: "INVALID", details: { field: "body" } }),
  );
});

test("what JSON can hold is written as JSON.stringify does", () => {
  const body = { a: [1, null, "x"], b: { toJSON: () => "c" }, d: undefined };
  expect(encodeBody(body)).toBe(JSON.stringify(body));
});
