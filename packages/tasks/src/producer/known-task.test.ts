import { describe, expect, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { describeTask } from "../define/published-task.ts";
import { knownFromBook, knownFromDefinition } from "./known-task.ts";

/** Schemas, inputs that they take, and inputs that a producer without the definition refuses as well. */
const schemas: readonly [name: string, schema: z.ZodType, good: unknown[], bad: unknown[]][] = [
  ["nothing", z.undefined(), [undefined], []],
  ["anything", z.unknown(), [1, null, "a", { b: [] }, undefined], []],
  ["a literal", z.literal(["a", 1, null]), ["a", 1, null], ["b", 2]],
  ["an enum", z.enum(["small", "large"]), ["small"], ["huge", 1]],
  [
    "numbers",
    z.object({ n: z.int().min(1).max(5), f: z.number().gt(0) }),
    [{ n: 5, f: 0.1 }],
    [
      { n: 6, f: 1 },
      { n: 1, f: 0 },
      { n: 1.5, f: 1 },
    ],
  ],
  [
    "texts",
    z.object({ s: z.string().min(2).max(3).regex(/^a/), e: z.email() }),
    [{ s: "ab", e: "a@example.org" }],
    [
      { s: "a", e: "a@example.org" },
      { s: "abcd", e: "a@example.org" },
      { s: "bb", e: "a@example.org" },
      { s: "ab", e: "a" },
    ],
  ],
  [
    "formats",
    z.object({ u: z.url(), d: z.iso.datetime(), i: z.uuid() }),
    [{ u: "https://example.org/a?b", d: "2026-11-20T10:00:00Z", i: "0b4b2f5e-6a7c-4f55-9d0a-0f7f5b1f2c3d" }],
    [{ u: "https://example.org", d: "yesterday", i: "0b4b2f5e-6a7c-4f55-9d0a-0f7f5b1f2c3d" }],
  ],
  [
    "what may be left out",
    z.object({ a: z.string().optional(), b: z.number().default(5), c: z.string().nullable() }),
    [{ c: null }, { a: "a", b: 1, c: "c" }],
    [{}, { a: 1, c: null }],
  ],
  ["a strict object", z.strictObject({ a: z.string() }), [{ a: "a" }], [{ a: "a", b: 1 }]],
  ["an open object", z.looseObject({ a: z.string() }), [{ a: "a", b: 1 }], [{ b: 1 }]],
  ["a record", z.record(z.string(), z.number()), [{}, { a: 1 }], [{ a: "1" }]],
  [
    "lists",
    z
      .array(z.object({ id: z.string() }))
      .min(1)
      .max(2),
    [[{ id: "a" }]],
    [[], [{ id: "a" }, { id: "b" }, { id: "c" }], [{ id: 1 }]],
  ],
  ["a tuple", z.tuple([z.string(), z.number()]), [["a", 1]], [["a", "1"], ["a"]]],
  ["a union", z.union([z.string(), z.object({ a: z.number() })]), ["a", { a: 1 }], [1, { a: "1" }]],
  [
    "a discriminated union",
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a"), n: z.number() }),
      z.object({ kind: z.literal("b"), s: z.string() }),
    ]),
    [
      { kind: "a", n: 1 },
      { kind: "b", s: "s" },
    ],
    [{ kind: "a", s: "s" }, { kind: "c" }],
  ],
  [
    "an intersection",
    z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
    [{ a: "a", b: 1 }],
    [{ a: "a" }],
  ],
  [
    "a transform",
    z.object({ at: z.string().transform((text) => new Date(text)) }),
    [{ at: "2026-01-01" }],
    [{ at: 5 }],
  ],
  ["a pipe", z.string().transform(Number).pipe(z.number().max(5)), ["4"], [4]],
  ["a refinement", z.object({ a: z.number() }).refine(({ a }) => a % 2 === 0), [{ a: 2 }], [{ a: "2" }]],
  [
    "what JSON cannot say",
    z.object({ when: z.coerce.date(), n: z.string() }),
    [{ when: "2026-01-01", n: "n" }],
    [{ when: "2026-01-01" }],
  ],
];

const recursive: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(recursive);
  },
});

describe.each([
  ...schemas,
  [
    "a tree",
    recursive,
    [{ name: "a", children: [{ name: "b", children: [] }] }],
    [{ name: "a", children: [{ name: 1, children: [] }] }],
  ] as const,
])("%s", (_, input, good, bad) => {
  const definition = defineTask({ name: "t", input: input as z.ZodType });
  const producers = {
    "with the definition": knownFromDefinition(definition),
    "that was told by workers": knownFromBook("t", JSON.stringify(describeTask(definition))),
  };
  test.each(Object.entries(producers))("a producer %s takes and refuses the same", (_name, known) => {
    for (const value of good) expect(known.check(value, "")).toBeUndefined();
    for (const value of bad)
      expect(() => known.check(value, "")).toThrow(
        expect.objectContaining({
          code: "INVALID",
          details: expect.objectContaining({ field: expect.stringMatching(/^input/) }),
        }),
      );
  });
});

test("a schema that this version cannot read is left to the worker", () => {
  const text = JSON.stringify({
    inputSchema: { if: {}, not: { $ref: "#/nowhere" } },
    attempts: 2,
    timeoutMs: 5,
  });
  const known = knownFromBook("t", text);
  expect(known.check({ any: 1 }, "")).toBeUndefined();
  expect(known).toMatchObject({ attempts: 2, timeoutMs: 5 });
});

test("a schema whose own code throws is told as wrong input", () => {
  const input = z.string().transform(() => {
    throw new Error("not today");
  });
  const known = knownFromDefinition(defineTask({ name: "t", input }));
  expect(() => known.check("a", 3)).toThrow(
    expect.objectContaining({ code: "INVALID", details: { field: "tasks[3].input" } }),
  );
});
