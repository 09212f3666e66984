/** What stands for no limit at all: an option's value cannot be null. */
export type None = "none";

/** The value, or null for none. */
export function orNull<T>(value: T | None): T | null {
  return value === "none" ? null : (value as T);
}
