import { styleText } from "node:util";
import type { IO, OutputStream } from "../io.ts";

type Style = (text: string) => string;

/** Colours, or none. */
export interface Styles {
  readonly bold: Style;
  readonly dim: Style;
  readonly good: Style;
  readonly warning: Style;
  readonly bad: Style;
}

const plain: Style = (text) => text;

/** Colours where a person looks: NO_COLOR and `--no-color` switch them off, FORCE_COLOR on. */
export function stylesFor(stream: OutputStream, env: IO["env"], wanted: boolean): Styles {
  const forced = (env.FORCE_COLOR ?? "") !== "" && env.FORCE_COLOR !== "0";
  const off = !wanted || (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  if (off || !(stream.isTTY || forced))
    return { bold: plain, dim: plain, good: plain, warning: plain, bad: plain };
  const style =
    (format: "bold" | "dim" | "green" | "yellow" | "red"): Style =>
    (text) =>
      styleText(format, text, { validateStream: false });
  return {
    bold: style("bold"),
    dim: style("dim"),
    good: style("green"),
    warning: style("yellow"),
    bad: style("red"),
  };
}
