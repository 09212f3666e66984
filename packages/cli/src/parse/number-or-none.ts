import type { None } from "./or-null.ts";
import { wholeNumber } from "./whole-number.ts";

/** Reads a whole number, or `none` for no limit, for an option. */
export function numberOrNone(least = 0): (text: string) => number | None {
  const read = wholeNumber(least);
  return (text) => (text === "none" ? text : read(text));
}
