import { TidegateError } from "@tidegate/contracts";
import { maximumDepth, refuseUnheldNumbers } from "@tidegate/core";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The JSON text in `bytes` as a value: INVALID_JSON when it is not JSON in UTF-8, INVALID with the field when a number
 * in it cannot be held (most integers beyond 2^53, anything beyond the range of a double), since it would come
 * back as another one.
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new TidegateError("INVALID_JSON", "The body is not UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TidegateError("INVALID_JSON", error instanceof Error ? error.message : undefined);
  }
  if (mayHoldNumber(value, maximumDepth)) refuseUnheldNumbers(text);
  return value;
}

/** Whether there is a number in a JSON value. Most bodies have none, and looking costs less than a search of their text. */
function mayHoldNumber(value: unknown, depth: number): boolean {
  if (typeof value === "number" || depth === 0) return true;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++)
      if (mayHoldNumber(value[index], depth - 1)) return true;
    return false;
  }
  for (const key in value) if (mayHoldNumber((value as Record<string, unknown>)[key], depth - 1)) return true;
  return false;
}
