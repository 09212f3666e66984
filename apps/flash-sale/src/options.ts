import { OptionsError, readArguments } from "@tidegate/demo-kit";

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

/** A value that is left out; also what the README promises. A person at the page wants to see a line move. */
const defaults = { buyers: 20_000, stock: 1_000, "drain-per-second": 500, port: 8090 } as const;
const pageDefaults = { ...defaults, stock: 300, "drain-per-second": 12 } as const;

const known = {
  numbers: {
    buyers: [1, 1_000_000],
    stock: [0, 1_000_000],
    "drain-per-second": [1, 100_000],
    port: [0, 65_535],
  },
  switches: ["push", "page", "json"],
} as const;

/** Reads `--buyers`, `--stock`, `--drain-per-second`, `--push`, `--json`, `--page`, `--port` and the variable REDIS_URL. Throws OptionsError. */
export function readOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): SaleOptions {
  const { numbers, switches, redisUrl } = readArguments(args, variables, known);
  const { page, push, json } = switches;
  if (page && push) throw new OptionsError("--push goes without --page");
  const { buyers, stock, port, ...rest } = { ...(page ? pageDefaults : defaults), ...numbers };
  return { buyers, stock, page, port, drainPerSecond: rest["drain-per-second"], push, json, redisUrl };
}
