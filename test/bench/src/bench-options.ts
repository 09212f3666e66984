import { parseArgs } from "node:util";
import { scenarios } from "./scenarios.ts";

export interface BenchOptions {
  readonly scenarios: readonly string[];
  readonly payloadBytes: readonly number[];
  /** Bytes of payload that a full share of a measurement has. */
  readonly bytes: number;
  /** At most so many messages, however small. */
  readonly messages: number;
  readonly rounds: number;
  /** No further round of a contest begins after so long. */
  readonly contestMs: number;
  readonly json: boolean;
}

export const usage = `npm run bench -- [options]
  --only <scenario>          ${scenarios.map(({ name }) => name).join(", ")}; may be repeated. Default: all
  --payload-bytes <n>        16 to 10240; may be repeated. Default: 512
  --quick                    fewer messages and rounds: under 45 s, and less exact
  --json                     one more line at the end: the results as JSON`;

const mebibyte = 1024 * 1024;

/** @throws Error with one line that names the option */
export function parseBenchOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", multiple: true },
      "payload-bytes": { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const known = scenarios.map(({ name }) => name);
  for (const name of values.only ?? []) {
    if (!known.includes(name))
      throw new Error(`--only ${name}: there is no such scenario, only ${known.join(", ")}`);
  }
  return {
    scenarios: values.only ?? known,
    payloadBytes: (values["payload-bytes"] ?? ["512"]).map(parsePayloadBytes),
    bytes: (values.quick ? 48 : 128) * mebibyte,
    messages: values.quick ? 100_000 : 400_000,
    rounds: values.quick ? 3 : 7,
    contestMs: values.quick ? 12_000 : 90_000,
    json: values.json,
  };
}

function parsePayloadBytes(text: string): number {
  const bytes = Number(text);
  if (Number.isInteger(bytes) && bytes >= 16 && bytes <= 10_240) return bytes;
  throw new Error(`--payload-bytes ${text}: must be a whole number from 16 to 10240`);
}
