import { parseArgs } from "node:util";

/** How long a soak goes, and how hard. */
export interface SoakOptions {
  readonly durationMs: number;
  /** Messages published a second, over HTTP and the SDK together. */
  readonly messagesPerSecond: number;
  /** After so long the log has its size and the processes have theirs. */
  readonly warmUpMs: number;
  /** Messages are kept so long. */
  readonly retentionMs: number;
  readonly sampleEveryMs: number;
}

export const usage = `npm run soak -- [options]
  --minutes <n>    so long, 0.25 to 1440. Default: 5
  --rate <n>       messages a second, 100 to 20000. Default: 2000`;

/** @throws Error with one line that names the option */
export function parseSoakOptions(argv: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: { minutes: { type: "string", default: "5" }, rate: { type: "string", default: "2000" } },
  });
  const durationMs = Math.round(parse("minutes", values.minutes, 0.25, 1440) * 60_000);
  const messagesPerSecond = Math.round(parse("rate", values.rate, 100, 20_000));
  const warmUpMs = Math.min(120_000, durationMs / 3);
  return {
    ...{ durationMs, messagesPerSecond, warmUpMs },
    retentionMs: Math.round(warmUpMs / 4),
    sampleEveryMs: Math.min(15_000, Math.max(500, durationMs / 150)),
  };
}

function parse(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (value >= minimum && value <= maximum) return value;
  throw new Error(`--${name} ${text}: must be a number from ${minimum} to ${maximum}`);
}
