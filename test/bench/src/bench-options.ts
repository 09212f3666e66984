import { parseArgs } from "node:util";
import type { Pace } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

export interface BenchOptions {
  readonly scenarios: readonly string[];
  /** Null: the sizes of each scenario. */
  readonly payloadBytes: readonly number[] | null;
  readonly pace: Pace;
  readonly json: boolean;
  /** Whether stdout gets nothing but the tables. */
  readonly markdown: boolean;
  readonly installPeers: boolean;
}

export const usage = `npm run bench -- [options]
  --only <scenario>          ${scenarios.map(({ name }) => name).join(", ")}; may be repeated. Default: all
  --payload-bytes <n>        16 to 10240; may be repeated. Default: the sizes of each scenario
  --quick                    fewer messages and rounds: under 3 minutes, and less exact
  --install-peers            installs Debian's rabbitmq-server and nats-server with apt-get, as root
  --json                     one more line at the end: the results as JSON
  --markdown                 nothing on stdout but the tables`;

/** @throws Error with one line that names the option */
export function parseBenchOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", multiple: true },
      "payload-bytes": { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      "install-peers": { type: "boolean", default: false },
    },
  });
  const known = scenarios.map(({ name }) => name);
  for (const name of values.only ?? []) {
    if (!known.includes(name))
      throw new Error(`--only ${name}: there is no such scenario, only ${known.join(", ")}`);
  }
  return {
    scenarios: values.only ?? known,
    payloadBytes: values["payload-bytes"]?.map(parsePayloadBytes) ?? null,
    pace: values.quick ? "quick" : "full",
    json: values.json,
    markdown: values.markdown,
    installPeers: values["install-peers"],
  };
}

function parsePayloadBytes(text: string): number {
  const bytes = Number(text);
  if (Number.isInteger(bytes) && bytes >= 16 && bytes <= 10_240) return bytes;
  throw new Error(`--payload-bytes ${text}: must be a whole number from 16 to 10240`);
}
