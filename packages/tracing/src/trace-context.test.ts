import { expect, test } from "vitest";
import { isTraceHeader, readTraceContext } from "./trace-context.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const span = "b7ad6b7169203331";
const parent = `00-${trace}-${span}-01`;

test("what is a traceparent is read, with the state beside it", () => {
  expect(readTraceContext(parent, null)).toEqual({ traceparent: parent, tracestate: null });
  expect(readTraceContext(parent, "a=1,b=2")).toEqual({ traceparent: parent, tracestate: "a=1,b=2" });
  for (const later of [`01-${trace}-${span}-00`, `cc-${trace}-${span}-03-what-the-future-brings`])
    expect(readTraceContext(later, null), later).toEqual({ traceparent: later, tracestate: null });
});

test.each([
  ["nothing", ""],
  ["words", "hello"],
  ["upper case", parent.toUpperCase()],
  ["a trace of zeros", `00-${"0".repeat(32)}-${span}-01`],
  ["a span of zeros", `00-${trace}-${"0".repeat(16)}-01`],
  ["the version that is none", `ff-${trace}-${span}-01`],
  ["more than version 00 has", `${parent}-more`],
  ["less", `00-${trace}-${span}`],
  ["two of them", `${parent}, ${parent}`],
  ["a line break", `${parent}\n`],
  ["one that is too long", `01-${trace}-${span}-01-${"x".repeat(300)}`],
])("%s is no traceparent, and no error", (_what, text) => {
  expect(readTraceContext(text, "a=1")).toBeNull();
});

test("a state that cannot be carried is left out alone", () => {
  for (const state of ["", "x".repeat(513), "a=\u0000", "a=ü", "a=1\r\nset-cookie: 1"])
    expect(readTraceContext(parent, state), state).toEqual({ traceparent: parent, tracestate: null });
});

test("both headers are known in any case, and no other", () => {
  expect(["traceparent", "TraceParent", "tracestate", "TRACESTATE"].every(isTraceHeader)).toBe(true);
  expect(["traceparents", "trace", "content-typ", "tracestat"].some(isTraceHeader)).toBe(false);
});
