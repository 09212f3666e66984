import { InvalidArgumentError } from "commander";
import { readDuration } from "./duration.ts";

/** A place in a partition: an end, an offset, so many messages before the end, or a time in ms since 1970. */
export type Position =
  | "earliest"
  | "latest"
  | { readonly offset: number }
  | { readonly beforeEnd: number }
  | { readonly time: number };

const isoDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** Reads a place, for an option. `now` is for tests. */
export function position(text: string, _previous?: unknown, now = Date.now()): Position {
  if (text === "earliest" || text === "latest") return text;
  if (/^[0-9]{1,15}$/.test(text)) return { offset: Number(text) };
  if (/^-[0-9]{1,15}$/.test(text)) return { beforeEnd: -Number(text) };
  const ago = text.startsWith("-") ? readDuration(text.slice(1)) : null;
  if (ago !== null) return { time: Math.max(0, now - ago) };
  const time = isoDate.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time) && time >= 0) return { time };
  throw new InvalidArgumentError(
    "It is earliest, latest, an offset, -10 (the last ten), -15m (a time ago) or a time such as 2030-01-31T12:00:00Z.",
  );
}
