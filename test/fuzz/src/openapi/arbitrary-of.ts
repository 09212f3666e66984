import fc from "fast-check";
import type { Schema } from "./document.ts";

/** Longer texts and lists are legal, but ten thousand of them make no better fuzz. */
const usualLength = 40;
const usualItems = 4;

/** How often a schema that names itself is followed; a list of more of it is empty then. */
const usualDepth = 2;

/** Values that a schema allows, its limits among them. `within` are the references that led to it. */
export function arbitraryOf(
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  within: readonly string[] = [],
): fc.Arbitrary<unknown> {
  const inner = (one: Schema) => arbitraryOf(one, schemas, within);
  if (schema.$ref !== undefined) {
    const named = schemas[schema.$ref.split("/").at(-1)!]!;
    return arbitraryOf(named, schemas, [...within, schema.$ref]);
  }
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(inner));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.type === undefined) return fc.jsonValue({ maxDepth: 3 });
  if (typeof schema.type !== "string")
    return fc.oneof(...schema.type.map((type) => inner({ ...schema, type })));
  if (schema.type === "object") return objectOf(schema, inner);
  if (schema.type === "array") {
    const again = within.filter((reference) => reference === schema.items?.$ref).length;
    return again > usualDepth ? fc.constant([]) : arrayOf(schema, inner);
  }
  if (schema.type === "string") return textOf(schema);
  if (schema.type === "integer") return integerOf(schema);
  if (schema.type === "number") return numberOf(schema);
  return schema.type === "boolean" ? fc.boolean() : fc.constant(null);
}

function objectOf(schema: Schema, inner: (one: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { properties, required = [], additionalProperties, propertyNames } = schema;
  if (properties !== undefined) {
    const fields = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)]));
    return fc.record(fields, { requiredKeys: [...required] });
  }
  const value = typeof additionalProperties === "object" ? inner(additionalProperties) : fc.jsonValue();
  const name = propertyNames === undefined ? fc.string() : (inner(propertyNames) as fc.Arbitrary<string>);
  return fc.dictionary(name, value, { maxKeys: usualItems });
}

function arrayOf(schema: Schema, inner: (one: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { items = {}, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  return fc.array(inner(items), {
    minLength: minItems,
    maxLength: Math.min(maxItems, Math.max(minItems, usualItems)),
  });
}

function textOf({ format, pattern, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> {
  if (format === "base64") return fc.base64String();
  if (format === "date-time") return dateTime;
  const longest = maxLength ?? usualLength;
  if (pattern !== undefined) {
    return fc
      .stringMatching(new RegExp(pattern))
      .filter((text) => text.length >= minLength && text.length <= longest);
  }
  const usual = { minLength, maxLength: Math.max(minLength, Math.min(longest, usualLength)) };
  const texts = [
    { weight: 6, arbitrary: fc.string(usual) },
    // Characters of two code units count twice in a length.
    {
      weight: 3,
      arbitrary: fc.string({ ...usual, unit: "binary" }).filter((text) => text.length <= longest),
    },
  ];
  if (maxLength !== undefined) texts.push({ weight: 1, arbitrary: fc.constant("x".repeat(maxLength)) });
  return fc.oneof(...texts);
}

const dateTime = fc
  .tuple(
    fc.date({ min: new Date(0), max: new Date("9999-12-30T00:00:00Z"), noInvalidDate: true }),
    fc.constantFrom("Z", "+00:00", "-11:30", "+14:00"),
  )
  .map(([date, zone]) => date.toISOString().replace("Z", zone));

function integerOf({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  const least = minimum ?? Number.MIN_SAFE_INTEGER;
  const most = maximum ?? Number.MAX_SAFE_INTEGER;
  return fc.oneof(
    { weight: 4, arbitrary: fc.nat(Math.min(100, most - least)).map((step) => least + step) },
    { weight: 1, arbitrary: fc.constantFrom(least, most) },
    {
      weight: 1,
      arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((part) => between(least, most, part)),
    },
  );
}

function between(least: number, most: number, part: number): number {
  return Math.min(most, Math.max(least, Math.round(least + (most - least) * part)));
}

function numberOf({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  return fc.double({
    noNaN: true,
    noDefaultInfinity: true,
    ...(minimum === undefined ? {} : { min: minimum }),
    ...(maximum === undefined ? {} : { max: maximum }),
  });
}
