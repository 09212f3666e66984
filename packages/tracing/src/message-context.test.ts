import { limits } from "@tidegate/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CarriedHeader,
  type CarryingMessage,
  carry,
  commonContext,
  contextOf,
  contextOfTexts,
} from "./message-context.ts";

const context = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: "vendor=1" };
const other = { traceparent: `00-${"c".repeat(32)}-${"d".repeat(16)}-01`, tracestate: null };
const utf8 = new TextEncoder();
const header = (key: string, value: string): CarriedHeader => ({ key, value: utf8.encode(value) });

test("what is put into a message is read from it, over the engine and over HTTP", () => {
  const [message] = carry([{ headers: [header("content-type", "text/plain")] }], context);
  expect(contextOf(message!.headers)).toEqual(context);
  expect(message!.headers![0]).toEqual(header("content-type", "text/plain"));
  expect(contextOf(carry<CarryingMessage>([{}], other)[0]!.headers)).toEqual(other);
  expect(contextOfTexts({ ...context, "content-type": "text/plain" })).toEqual(context);
});

test("a context of its own stays, even one that is none", () => {
  const own = [
    { headers: [header("Traceparent", other.traceparent)] },
    { headers: [header("traceparent", "mine")] },
    { headers: [{ key: "traceparent", value: null }] },
  ];
  expect(carry(own, context)).toEqual(own);
  expect(own.map(({ headers }) => contextOf(headers))).toEqual([other, null, null]);
});

test("a state without its parent gives way", () => {
  const [message] = carry([{ headers: [header("tracestate", "left=over")] }], other);
  expect(message!.headers).toEqual([header("traceparent", other.traceparent)]);
});

test("messages have a common context only when all have the same", () => {
  const [one, two] = carry([{}, {}], context);
  const [third] = carry([{}], other);
  expect(commonContext([one!, two!])).toEqual(context);
  for (const mixed of [[one!, third!], [one!, {}], [{}, one!], []]) expect(commonContext(mixed)).toBeNull();
});

test("no message becomes too large by it", () => {
  const size = (headers: readonly CarriedHeader[]) =>
    headers.reduce((sum, { key, value }) => sum + utf8.encode(key).length + (value?.length ?? 0), 0);
  const few = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(few, few, fc.integer({ min: 0, max: 700 }), (spare, kind, room) => {
      // Headers that come near to one limit or the other.
      const count = limits.headers - spare;
      const bytes = kind === 0 ? 1 : Math.floor((limits.headersBytes - room) / count) - 4;
      const headers = Array.from({ length: count }, (_, at) =>
        header(`é${at.toString().padStart(2, "0")}`, "x".repeat(Math.max(0, bytes))),
      );
      const [message] = carry([{ headers }], context);
      const after = message!.headers!;
      expect(after.length).toBeLessThanOrEqual(limits.headers);
      expect(size(after)).toBeLessThanOrEqual(limits.headersBytes);
      expect(after.slice(0, count)).toEqual(headers);
      // As much of it as there is room for.
      const parent = size([header("traceparent", context.traceparent)]);
      const state = size([header("tracestate", context.tracestate)]);
      const left = limits.headersBytes - size(headers);
      const carried = spare === 0 || left < parent ? 0 : spare === 1 || left < parent + state ? 1 : 2;
      expect(after.length - count).toBe(carried);
    }),
  );
});
