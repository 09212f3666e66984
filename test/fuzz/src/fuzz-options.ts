import { parseArgs } from "node:util";

/** How a run goes. */
export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Only this session of the run. */
  readonly session: number | null;
}

export const usage = `npm run fuzz -- [options]
  --requests <n>   so many requests, at least 100. Default: 100000
  --seed <n>       the same seed makes the same requests. Default: by chance, and printed
  --session <n>    only this session of the run, to see one finding again`;

/** @throws Error with one line that names the option */
export function parseFuzzOptions(argv: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: { requests: { type: "string" }, seed: { type: "string" }, session: { type: "string" } },
  });
  return {
    requests: wholeNumber("requests", values.requests ?? "100000", 100, 100_000_000),
    seed: wholeNumber("seed", values.seed ?? String(Math.floor(Math.random() * 1e6)), 0, 2 ** 31 - 1),
    session: values.session === undefined ? null : wholeNumber("session", values.session, 0, 2 ** 31 - 1),
  };
}

function wholeNumber(name: string, text: string, minimum: number, maximum: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new Error(`--${name} ${text}: must be a whole number from ${minimum} to ${maximum}`);
}
