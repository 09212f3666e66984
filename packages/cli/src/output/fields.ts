import { printableLine } from "./printable.ts";
import type { Styles } from "./styles.ts";

/** A name and what it is; what is undefined is left out, null is `-`. */
export type Field = readonly [name: string, value: string | number | boolean | null | undefined];

/** Names and values, one a line. */
export function fieldsText(fields: readonly Field[], styles: Styles): string {
  const shown = fields.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown
    .map(
      ([name, value]) =>
        `${styles.dim(name.padEnd(width))}  ${value === null ? "-" : printableLine(String(value))}\n`,
    )
    .join("");
}
