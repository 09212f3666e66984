import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1000 ** 4,
  tib: 1024 ** 4,
};

/** Reads a number of bytes such as `512`, `64KiB`, `10MB` or `2g`, for an option. */
export function size(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([a-z]*)$/i.exec(text);
  const unit = match === null ? undefined : units[match[2]!.toLowerCase()];
  const bytes = unit === undefined ? Number.NaN : Math.round(Number(match![1]) * unit);
  if (!Number.isSafeInteger(bytes))
    throw new InvalidArgumentError("It is a size such as 512, 64KiB, 10MB or 2GiB.");
  return bytes;
}

/** The same, or `none` for no limit at all. (Commander makes an empty text of null.) */
export function sizeOrNone(text: string): number | "none" {
  return text === "none" ? "none" : size(text);
}

/** A number of bytes for people. */
export function showSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${["KiB", "MiB", "GiB", "TiB"][power - 1]}`;
}
