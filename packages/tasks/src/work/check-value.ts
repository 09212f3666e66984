import { validate } from "@tidegate/contracts";
import * as z from "zod";

/** What a schema makes of a value, or why it refuses it. Schemas that need time are given it. */
export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string };

/** Checks a value; at once, unless the schema needs time. @throws what the schema's own code throws */
export function checkValue(schema: z.ZodType, value: unknown, root: string): Checked | Promise<Checked> {
  if (asynchronous.has(schema)) return checkLater(schema, value, root);
  try {
    const result = schema.safeParse(value);
    if (result.success) return { ok: true, value: result.data };
    return { ok: false, reason: reasonOf(schema, value, root) };
  } catch (error) {
    if (!(error instanceof z.core.$ZodAsyncError)) throw error;
    asynchronous.add(schema);
    return checkLater(schema, value, root);
  }
}

async function checkLater(schema: z.ZodType, value: unknown, root: string): Promise<Checked> {
  const result = await schema.safeParseAsync(value);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0]!;
  return { ok: false, reason: `${[root, ...issue.path.map(String)].join(".")}: ${issue.message}` };
}

const asynchronous = new WeakSet<z.ZodType>();

/** Told as where it is enqueued: the field and what is wrong with it. */
function reasonOf(schema: z.ZodType, value: unknown, root: string): string {
  try {
    validate(schema, value, root);
  } catch (error) {
    return (error as Error).message;
  }
  return `${root} is not valid`;
}
