/** Between thousands: thin, and no place to break a line. */
const separator = "\u202f";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** `1 234 567`. */
export function countText(count: number): string {
  return whole.format(count).replaceAll(",", separator);
}

/** A number a second: `0`, `0.4`, `37`, `12 400`. */
export function rateText(rate: number): string {
  return (rate < 10 ? oneDigit.format(rate) : whole.format(rate)).replaceAll(",", separator);
}

/** For an axis: `1.2k`, `3M`. */
export function shortText(count: number): string {
  if (count >= 1e9) return `${oneDigit.format(count / 1e9)}G`;
  if (count >= 1e6) return `${oneDigit.format(count / 1e6)}M`;
  if (count >= 1e4) return `${oneDigit.format(count / 1e3)}k`;
  return count < 10 ? oneDigit.format(count) : countText(count);
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `512 B`, `3.4 MiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${(value < 10 ? oneDigit : whole).format(value)}${separator}${units[unit]}`;
}

/** `1 message`, `2 000 messages`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
