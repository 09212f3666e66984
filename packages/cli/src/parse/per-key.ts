import { InvalidArgumentError } from "commander";
import { readDuration } from "./duration.ts";
import type { None } from "./or-null.ts";

/** Reads `2/1h` or `2`, or `none` for no limit, for an option. */
export function perKeyOrNone(text: string): { limit: number; windowMs: number | null } | None {
  if (text === "none") return text;
  const [count = "", time, ...more] = text.split("/");
  const windowMs = time === undefined ? null : readDuration(time);
  if (/^[1-9][0-9]{0,8}$/.test(count) && more.length === 0 && (time === undefined || windowMs !== null))
    return { limit: Number(count), windowMs };
  throw new InvalidArgumentError("It is a number, or a number in a time such as 2/1h, or none.");
}
