import type * as z from "zod";
import { TidegateError } from "./errors.ts";

/**
 * The input as the schema reads it, or an error that names the first offending field: INVALID with `field` and,
 * where there is one, `limit`.
 *
 * `root` is put before the path, for an input that is itself a field.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  root = "",
): z.output<Schema> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  throw invalid(result.error.issues[0]!, root);
}

function invalid(issue: z.core.$ZodIssue, root: string): TidegateError {
  if (issue.code === "invalid_union") {
    const branch = deepest(issue.errors);
    if (branch !== null) return invalid(branch, formatPath(issue.path, root));
  }
  if (issue.code === "unrecognized_keys") {
    const field = formatPath([...issue.path, issue.keys[0]!], root);
    return new TidegateError("INVALID", `${field} is not a known field`, { field });
  }
  const field = formatPath(issue.path, root) || "body";
  const limit = limitOf(issue);
  return new TidegateError(
    "INVALID",
    `${field}: ${issue.message}`,
    limit === null ? { field } : { field, limit },
  );
}

/** Of the branches of a union, the issue of the one that the input came nearest to. */
function deepest(branches: readonly (readonly z.core.$ZodIssue[])[]): z.core.$ZodIssue | null {
  let best: z.core.$ZodIssue | null = null;
  let bestDepth = -1;
  for (const branch of branches) {
    const issue = branch[0];
    if (issue === undefined) continue;
    const depth = issue.path.length * 2 + (issue.code === "invalid_type" && issue.path.length === 0 ? 0 : 1);
    if (depth > bestDepth) {
      best = issue;
      bestDepth = depth;
    }
  }
  return best;
}

function limitOf(issue: z.core.$ZodIssue): number | string | null {
  if (issue.code === "too_big") return Number(issue.maximum);
  if (issue.code === "too_small") return Number(issue.minimum);
  if (issue.code === "invalid_value") return issue.values.map(String).join(", ");
  if (issue.code === "custom") {
    const limit: unknown = issue.params?.limit;
    return typeof limit === "number" || typeof limit === "string" ? limit : null;
  }
  return null;
}

function formatPath(path: readonly PropertyKey[], root: string): string {
  let text = root;
  for (const part of path) {
    // A field may have no name at all, and still has to be told.
    const name = part === "" ? '""' : String(part);
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? name : `.${name}`;
  }
  return text;
}
