import { InvalidArgumentError } from "commander";
import { readDuration, showDuration } from "./duration.ts";
import type { None } from "./or-null.ts";

/** So many in a time. */
export interface Rate {
  readonly limit: number;
  readonly intervalMs: number;
}

/** Reads `100/1m`, or `none` for no limit, for an option. */
export function rateOrNone(text: string): Rate | None {
  if (text === "none") return text;
  const [count = "", interval = "", ...more] = text.split("/");
  const intervalMs = readDuration(/^[0-9]/.test(interval) ? interval : `1${interval}`);
  if (/^[1-9][0-9]{0,8}$/.test(count) && intervalMs !== null && interval !== "" && more.length === 0)
    return { limit: Number(count), intervalMs };
  throw new InvalidArgumentError("It is a number in a time, such as 100/s or 500/5m, or none.");
}

/** A rate for people. */
export function showRate({ limit, intervalMs, burst }: Rate & { readonly burst?: number }): string {
  const more = burst === undefined || burst === limit ? "" : `, ${burst} at once`;
  return `${limit} in ${showDuration(intervalMs)}${more}`;
}
