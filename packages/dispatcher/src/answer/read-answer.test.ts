import { expect, test } from "vitest";
import { readAnswer } from "./read-answer.ts";

const ids = ["0-1", "0-2", "0-3"];
const json = "application/json; charset=utf-8";

function read(text: string, contentType: string | null = json, whole = true) {
  const said = readAnswer({ text, contentType, whole }, ids);
  if ("unclear" in said) return said;
  return { failures: Object.fromEntries(said.failures), results: Object.fromEntries(said.results) };
}

const nothing = { failures: {}, results: {} };

test.each([
  "",
  "  ",
  "null",
  "{}",
  "[]",
  '"fine"',
  "42",
  '{"batchItemFailures":[]}',
  '{"batchItemFailures":null}',
])("%j acknowledges everything", (text) => {
  expect(read(text)).toEqual(nothing);
});

test.each([
  ["<h1>Thank you</h1>", "text/html"],
  ["ok", null],
  ["{not json", "text/plain"],
])("%j of type %s acknowledges everything", (text, type) => {
  expect(read(text, type)).toEqual(nothing);
});

test("what is named has failed, by its own outcome", () => {
  const list = [
    { itemIdentifier: "0-1" },
    { itemIdentifier: "0-2", outcome: "release", delayMs: -5, reason: 7 },
    { itemIdentifier: "0-3", outcome: "retry", delayMs: 250, reason: "later" },
  ];
  const text = JSON.stringify({ batchItemFailures: list });
  const failures = {
    "0-1": { outcome: "retry", delayMs: null, reason: "named in batchItemFailures" },
    "0-2": { outcome: "release", delayMs: null, reason: "named in batchItemFailures" },
    "0-3": { outcome: "retry", delayMs: 250, reason: "later" },
  };
  expect(read(text)).toEqual({ failures, results: {} });
  // Who forgets the content type means it all the same.
  expect(read(text, "text/plain")).toEqual({ failures, results: {} });
  const unknown = { batchItemFailures: [{ itemIdentifier: "0-1", outcome: "explode" }] };
  expect(read(JSON.stringify(unknown))).toMatchObject({ failures: { "0-1": { outcome: "retry" } } });
});

test.each([
  '{"batchItemFailures":{}}',
  '{"batchItemFailures":"0-1"}',
  '{"batchItemFailures":[{}]}',
  '{"batchItemFailures":["0-1"]}',
  '{"batchItemFailures":[{"itemIdentifier":""}]}',
  '{"batchItemFailures":[{"itemIdentifier":null}]}',
  '{"batchItemFailures":[{"itemIdentifier":"0-9"}]}',
  '{"batchItemFailures":[{"itemIdentifier":"0-1"},{"id":"0-2"}]}',
  '{"batchItemFailures":[',
  "ok",
])("%j does not tell what failed", (text) => {
  expect(read(text)).toMatchObject({ unclear: expect.any(String) });
});

test("what was cut off cannot be understood, where it was JSON", () => {
  expect(read('{"results":[', json, false)).toMatchObject({ unclear: expect.stringContaining("limit") });
  expect(read("aaaaaaaa", "application/octet-stream", false)).toEqual(nothing);
});

test("results go to their messages; what is malformed is left out", () => {
  const results = [
    { itemIdentifier: "0-1", result: { total: 5 } },
    { itemIdentifier: "0-2" },
    { itemIdentifier: "0-9", result: 1 },
    "nonsense",
    { itemIdentifier: "0-3", result: null },
  ];
  expect(read(JSON.stringify({ results }))).toEqual({
    failures: {},
    results: { "0-1": { total: 5 }, "0-3": null },
  });
  expect(read('{"results":7}')).toEqual(nothing);
});
