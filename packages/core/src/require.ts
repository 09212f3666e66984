import { TidegateError } from "@tidegate/contracts";

/** The value, if it is a whole number between the bounds; else INVALID with the field and the bound it passes. */
export function requireInteger(field: string, value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most) {
    const limit = typeof value === "number" && value > most ? most : least;
    throw new TidegateError("INVALID", `${field} must be a whole number from ${least} to ${most}`, {
      field,
      limit,
    });
  }
  return value;
}

/** The value, if it is one of those listed; else INVALID with the field. */
export function requireOneOf<T extends string>(field: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    throw new TidegateError("INVALID", `${field} must be one of ${allowed.join(", ")}`, {
      field,
      limit: allowed.join(", "),
    });
  }
  return value;
}
