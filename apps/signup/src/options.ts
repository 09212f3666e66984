import { readArguments } from "@tidegate/demo-kit";

/** How the sign-up is run. `readOptions` makes it from the command line. */
export interface SignUpOptions {
  readonly registrations: number;
  /** Requests at once. */
  readonly clients: number;
  /** How long the gateway takes for a message, on average. */
  readonly gatewayMs: number;
  /** Of a hundred requests to the gateway, how many fail. */
  readonly failingPercent: number;
  /** Whether the report is one line of JSON instead of a table. */
  readonly json: boolean;
  /** Null: a Redis of the demo's own, in a temporary folder. */
  readonly redisUrl: string | null;
}

/** A value that is left out; also what the README promises. */
const defaults = { registrations: 2_000, clients: 16, "gateway-ms": 150, "failing-percent": 5 } as const;

const known = {
  numbers: {
    registrations: [1, 1_000_000],
    clients: [1, 1_000],
    "gateway-ms": [0, 5_000],
    "failing-percent": [0, 50],
  },
  switches: ["json"],
} as const;

/** Reads `--registrations`, `--clients`, `--gateway-ms`, `--failing-percent`, `--json` and the variable REDIS_URL. Throws OptionsError. */
export function readOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): SignUpOptions {
  const { numbers, switches, redisUrl } = readArguments(args, variables, known);
  const { registrations, clients, ...rest } = { ...defaults, ...numbers };
  const gatewayMs = rest["gateway-ms"];
  return {
    registrations,
    clients,
    gatewayMs,
    failingPercent: rest["failing-percent"],
    ...switches,
    redisUrl,
  };
}
