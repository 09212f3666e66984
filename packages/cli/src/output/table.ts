import Table from "cli-table3";
import { printableLine } from "./printable.ts";
import type { Styles } from "./styles.ts";

/** A column: its title, what it shows of a row, and where it stands. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  /** Numbers stand on the right. Default: where the values are numbers. */
  readonly align?: "left" | "right";
  /** Colours a cell. */
  readonly style?: (row: Row, styles: Styles) => ((text: string) => string) | undefined;
}

const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Rows under titles, in columns, without lines between: a person reads it, and `awk` does. What is absent is `-`. */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  styles: Styles,
): string {
  const cells = rows.map((row) => columns.map((column) => cell(column, row, styles)));
  const aligns = columns.map(
    (column) => column.align ?? (isNumeric(column, rows) ? ("right" as const) : ("left" as const)),
  );
  const table = new Table({
    chars: noBorders,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    head: columns.map(({ title }) => styles.bold(title.toUpperCase())),
    colAligns: aligns,
  });
  table.push(...cells);
  return table
    .toString()
    .split("\n")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function cell<Row>(column: Column<Row>, row: Row, styles: Styles): string {
  const value = column.value(row);
  if (value === null || value === undefined || value === "") return styles.dim("-");
  const text = printableLine(String(value));
  return column.style?.(row, styles)?.(text) ?? text;
}

function isNumeric<Row>(column: Column<Row>, rows: readonly Row[]): boolean {
  const values = rows.map(column.value).filter((value) => value !== null && value !== undefined);
  return values.length > 0 && values.every((value) => typeof value === "number");
}
