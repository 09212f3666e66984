import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryOf } from "./arbitrary-of.ts";
import type { Schema } from "./document.ts";
import { SchemaChecker } from "./schema-checker.ts";

const schemas: Record<string, Schema> = {
  Item: {
    type: "object",
    properties: {
      id: { type: "string", minLength: 1, maxLength: 10, pattern: "^[a-z.]+$" },
      text: { type: ["string", "null"] },
      count: { type: "integer", minimum: 3, maximum: 1024 },
      factor: { type: "number", minimum: 1, maximum: 100 },
      any: {},
    },
    required: ["id"],
    additionalProperties: false,
  },
};
const list: Schema = {
  type: "array",
  minItems: 1,
  maxItems: 1000,
  items: {
    anyOf: [
      { $ref: "#/components/schemas/Item" },
      { enum: ["a", "b"] },
      { type: "object", additionalProperties: { type: "integer", minimum: 0 } },
      { type: "object", propertyNames: { type: "string", minLength: 2 }, additionalProperties: { const: 1 } },
      { type: "boolean" },
    ],
  },
};

test("what is generated is what the schema allows", () => {
  const checker = new SchemaChecker({ schemas });
  fc.assert(
    fc.property(arbitraryOf(list, schemas), (value) => {
      expect(checker.fault(list, value)).toBeNull();
    }),
    { numRuns: 300 },
  );
});

test("a schema that names itself is followed a little", () => {
  const tree: Schema = { $ref: "#/components/schemas/Tree" };
  const children: Schema = { type: "array", items: tree };
  const trees: Record<string, Schema> = {
    Tree: { type: "object", properties: { children }, required: ["children"], additionalProperties: false },
  };
  const checker = new SchemaChecker({ schemas: trees });
  let deepest = 0;
  fc.assert(
    fc.property(arbitraryOf(tree, trees), (value) => {
      expect(checker.fault(tree, value)).toBeNull();
      deepest = Math.max(deepest, JSON.stringify(value).split("}")[0]!.split("{").length - 1);
    }),
  );
  expect(deepest).toBe(3);
});

test("a value that it does not allow is told, through references too", () => {
  const checker = new SchemaChecker({ schemas });
  expect(checker.fault(list, [{ id: "a", count: 2 }])).toContain("/0/count must be >= 3");
  expect(checker.fault(list, [])).toContain("fewer than 1");
});
