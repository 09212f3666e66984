import { parseArgs } from "node:util";
import * as z from "zod";

/** The options cannot be run with; the message is one line for whoever typed them. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

/** What a demo is told on its command line. */
export interface KnownArguments<Numbers extends string, Switches extends string> {
  /** Each with the least and the most it may be. */
  readonly numbers: Readonly<Record<Numbers, readonly [least: number, most: number]>>;
  readonly switches: readonly Switches[];
}

export interface GivenArguments<Numbers extends string, Switches extends string> {
  readonly numbers: Readonly<Partial<Record<Numbers, number>>>;
  readonly switches: Readonly<Record<Switches, boolean>>;
  /** The variable REDIS_URL; null: a Redis of the demo's own. */
  readonly redisUrl: string | null;
}

const redisUrl = z
  .string()
  .regex(/^rediss?:\/\//, "REDIS_URL must begin with redis:// or rediss://")
  .optional();

/** Reads options as `--buyers 400`, switches as `--json`, and the variable REDIS_URL. Throws OptionsError. */
export function readArguments<Numbers extends string, Switches extends string>(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  known: KnownArguments<Numbers, Switches>,
): GivenArguments<Numbers, Switches> {
  const given = parse(args, known);
  const numbers: Partial<Record<Numbers, number>> = {};
  for (const [name, [least, most]] of Object.entries(known.numbers) as [Numbers, [number, number]][]) {
    const text = given[name];
    if (text !== undefined) numbers[name] = whole(name, text, least, most);
  }
  const switches = Object.fromEntries(known.switches.map((name) => [name, given[name] === true]));
  const url = redisUrl.safeParse(variables.REDIS_URL || undefined);
  if (!url.success) throw new OptionsError(url.error.issues[0]!.message);
  return { numbers, switches: switches as Record<Switches, boolean>, redisUrl: url.data ?? null };
}

function parse(
  args: readonly string[],
  known: KnownArguments<string, string>,
): Readonly<Record<string, unknown>> {
  const numbers = Object.keys(known.numbers);
  const options = [
    ...numbers.map((name) => [name, { type: "string" }] as const),
    ...known.switches.map((name) => [name, { type: "boolean" }] as const),
  ];
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(options) }).values;
  } catch (error) {
    // Node goes on to explain how to escape a dash.
    const [firstLine = ""] = (error as Error).message.split(/\n|\. To specify/);
    const names = (list: readonly string[]) => list.map((name) => `--${name}`).join(", ");
    throw new OptionsError(
      `${firstLine}; the options are ${names(numbers)} (each a number), ${names(known.switches)}`,
    );
  }
}

/** Digits only, so that `1e3`, ` 5` and `0x10` do not pass by what Number makes of them. */
function whole(name: string, text: unknown, least: number, most: number): number {
  const value = typeof text === "string" && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new OptionsError(
    `--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`,
  );
}
