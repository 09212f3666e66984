import { expect, test } from "vitest";
import { encodeBody } from "./outgoing-message.ts";

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

test.each([
  ["a number that JSON would make null", { gate: { id: "sale", stock: Number.NaN } }, "gate.stock"],
  ["infinity", { messages: [{ value: 1 }, { value: [Number.POSITIVE_INFINITY] }] }, "messages[1].value[0]"],
  ["a BigInt", { limit: 1n }, "body"],
  ["a cycle", cycle, "body"],
])("%s is refused before anything is sent", (_, body, field) => {
  expect(() => encodeBody(body)).toThrow(expect.objectContaining({ code: "INVALID", details: { field } }));
});

test("what JSON can hold is written as JSON.stringify does", () => {
  const body = { a: [1, null, "x"], b: { toJSON: () => "c" }, d: undefined };
  expect(encodeBody(body)).toBe(JSON.stringify(body));
});
