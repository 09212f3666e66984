import { TidegateError } from "@tidegate/contracts";

/** How deeply the arrays and objects of a JSON value may be nested. */
export const maximumDepth = 100;

/** May hold a number that JavaScript does not: a run of 16 digits, or an exponent of three. */
const suspectNumber = /\d{16}|\d[eE]\+?\d{3}/;
const integerLiteral = /^-?\d+$/;

/** Whether reading this JSON text into JavaScript leaves every number in it as it was. */
export function holdsAllNumbers(text: string): boolean {
  try {
    refuseUnheldNumbers(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a JSON value is nested more deeply than `maximumDepth`; stops there. */
export function isTooDeep(value: unknown, depth = maximumDepth): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (isTooDeep(value[index], depth - 1)) return true;
    return false;
  }
  for (const key in value) if (isTooDeep((value as Record<string, unknown>)[key], depth - 1)) return true;
  return false;
}

/** What a reviver puts in place of a number that was changed by being read. */
class Unheld {}

type RevivalContext = { source?: string };

/** Throws INVALID with the field when a number of this JSON text cannot be held by JavaScript. */
export function refuseUnheldNumbers(text: string): void {
  if (!suspectNumber.test(text)) return;
  let found = false;
  const revive = (_key: string, value: unknown, context?: RevivalContext): unknown => {
    if (typeof value !== "number") return value;
    const source = context?.source ?? "";
    // An integer over 2^53 is held when it prints as it was written: 1200000000000000000, say.
    const isHeld = Number.isSafeInteger(value) || !integerLiteral.test(source) || String(value) === source;
    if (isHeld && Number.isFinite(value)) return value;
    found = true;
    return new Unheld();
  };
  let marked: unknown;
  try {
    marked = JSON.parse(text, revive);
  } catch {
    // Reviving recurses, parsing does not: the stack ended, so the text is far deeper than anything we take.
    throw tooDeep("body");
  }
  if (!found) return;
  const field = pathOfUnheld(marked, "") || "body";
  throw new TidegateError(
    "INVALID",
    `${field} is a number that JavaScript cannot hold: send it as a string, or the value as valueBase64`,
    { field, limit: Number.MAX_SAFE_INTEGER },
  );
}

function pathOfUnheld(value: unknown, path: string): string | null {
  if (value instanceof Unheld) return path;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = pathOfUnheld(value[index], `${path}[${index}]`);
      if (found !== null) return found;
    }
  } else if (typeof value === "object" && value !== null) {
    for (const key of Object.keys(value)) {
      const next = (value as Record<string, unknown>)[key];
      const found = pathOfUnheld(next, path === "" ? key : `${path}.${key}`);
      if (found !== null) return found;
    }
  }
  return null;
}

/** The error for a value that `isTooDeep`. */
export function tooDeep(field: string): TidegateError {
  return new TidegateError("INVALID", `${field} is nested more than ${maximumDepth} levels deep`, {
    field,
    limit: maximumDepth,
  });
}
