import { TidegateError } from "@tidegate/contracts";
import { refuseUnheldNumbers } from "@tidegate/core";

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
  refuseUnheldNumbers(text);
  return value;
}
