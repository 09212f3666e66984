import { parseArgs } from "node:util";
import * as z from "zod";

/** How a sale is run. `readOptions` makes it from the command line. */
export interface SaleOptions {
  readonly buyers: number;
  /** Units for sale; each buyer gets one at most. */
  readonly stock: number;
  /** Orders that the shop's database can take in a second. */
  readonly drainPerSecond: number;
  /** Whether orders are pushed to a function, instead of taken by a worker. */
  readonly push: boolean;
  /** Whether the report is one line of JSON instead of a table. */
  readonly json: boolean;
  /** Whether to serve the shop's page until stopped, instead of letting a crowd storm it once. */
  readonly page: boolean;
  /** Where the page is served. */
  readonly port: number;
  /** Null: a Redis of the sale's own, in a temporary folder. */
  readonly redisUrl: string | null;
}

/** The options cannot be run with; the message is one line for whoever typed them. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

/** A value that is left out; also what the README promises. A person at the page wants to see a line move. */
const defaults = { buyers: 20_000, stock: 1_000, "drain-per-second": 500, port: 8090 } as const;
const pageDefaults = { ...defaults, stock: 300, "drain-per-second": 12 } as const;

const options = z.object({
  buyers: whole(1, 1_000_000),
  stock: whole(0, 1_000_000),
  "drain-per-second": whole(1, 100_000),
  port: whole(0, 65_535),
});

/** Null where it is missing or empty. A cluster would need another client; the server is what runs on one. */
const redisUrl = z
  .string()
  .regex(/^rediss?:\/\//, "REDIS_URL must begin with redis:// or rediss://")
  .optional();

/** Reads `--buyers`, `--stock`, `--drain-per-second`, `--push`, `--json`, `--page`, `--port` and the variable REDIS_URL. Throws OptionsError. */
export function readOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): SaleOptions {
  const given = parse(args);
  const page = given.page ?? false;
  if (page && given.push) throw new OptionsError("--push goes without --page");
  const numbers = options.safeParse({ ...(page ? pageDefaults : defaults), ...given });
  if (!numbers.success) {
    const { path, message } = numbers.error.issues[0]!;
    const name = String(path[0]) as keyof typeof defaults;
    throw new OptionsError(`--${name} ${message}, not ${JSON.stringify(given[name])}`);
  }
  const url = redisUrl.safeParse(variables.REDIS_URL || undefined);
  if (!url.success) throw new OptionsError(url.error.issues[0]!.message);
  const { buyers, stock, port } = numbers.data;
  return {
    buyers,
    stock,
    page,
    port,
    drainPerSecond: numbers.data["drain-per-second"],
    push: given.push ?? false,
    json: given.json ?? false,
    redisUrl: url.data ?? null,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        buyers: { type: "string" },
        stock: { type: "string" },
        "drain-per-second": { type: "string" },
        push: { type: "boolean" },
        json: { type: "boolean" },
        page: { type: "boolean" },
        port: { type: "string" },
      },
    }).values;
  } catch (error) {
    // Node goes on to explain how to escape a dash.
    const [firstLine = ""] = (error as Error).message.split(/\n|\. To specify/);
    throw new OptionsError(
      `${firstLine}; the options are --buyers, --stock, --drain-per-second, --port (each a number), --push, --page and --json`,
    );
  }
}

/** Digits only, so that `1e3`, ` 5` and `0x10` do not pass by what Number makes of them. */
function whole(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], message)
    .refine((value) => value >= least && value <= most, message);
}
