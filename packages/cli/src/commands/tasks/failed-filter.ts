import { InvalidArgumentError } from "commander";
import type { OptionSpec } from "../../command.ts";
import { position } from "../../parse/position.ts";

/** Which failed runs are meant. */
export interface FilterInput {
  readonly from?: number;
  readonly to?: number;
  readonly error?: string;
}

function moment(text: string): number {
  const place = position(text);
  if (typeof place === "object" && "time" in place) return place.time;
  throw new InvalidArgumentError("It is a time such as 2030-01-31T12:00:00Z, or -15m for a time ago.");
}

export const filterOptions: readonly OptionSpec[] = [
  {
    flags: "--from <time>",
    description: "those that ended then or later: a date, or -2h for a time ago",
    parse: moment,
  },
  { flags: "--to <time>", description: "those that ended then or earlier", parse: moment },
  { flags: "--error <text>", description: "those whose error has this text in it" },
];

/** The filter that was given, and nothing else. */
export function filterOf({ from, to, error }: FilterInput) {
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(error !== undefined && { error }),
  };
}
