import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A time such as `250ms`, `30s`, `1.5h` or `7d` in milliseconds; a number alone is in milliseconds. Null when it is none. */
export function readDuration(text: string): number | null {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|[smhdw])?$/.exec(text);
  if (match === null) return null;
  const ms = Number(match[1]) * units[match[2] ?? "ms"]!;
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : null;
}

/** Reads a time, for an option. */
export function duration(text: string): number {
  const ms = readDuration(text);
  if (ms === null) throw new InvalidArgumentError("It is a time such as 250ms, 30s, 5m, 12h or 7d.");
  return ms;
}

/** The same, or `none` for no limit at all. (Commander makes an empty text of null.) */
export function durationOrNone(text: string): number | "none" {
  return text === "none" ? "none" : duration(text);
}

/** A time for people: its two largest units, as `2d 3h`. */
export function showDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}
