import { isTopicName } from "@tidegate/contracts";
import { parseTokens, type Tokens } from "@tidegate/http";
import * as z from "zod";

/** How a server is run. `readConfig` makes it from the environment. */
export interface ServerConfig {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  /** Null: a Redis of the server's own, with its data in `dataDir`. */
  readonly redisUrl: string | null;
  readonly namespace: string;
  readonly dataDir: string;
  /** Null: everybody may do everything, and only loopback is listened on. */
  readonly tokens: Tokens | null;
  /** Requests that are answered at once; what comes beyond is answered with OVERLOADED. Default 4,096. */
  readonly maxInFlight?: number | undefined;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}

/** The environment cannot be run with; the message is one line for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  HOST: z.string().min(1).default("127.0.0.1"),
  REDIS_URL: z
    .string()
    .regex(
      /^rediss?(\+cluster)?:\/\//,
      "must begin with redis://, rediss://, redis+cluster:// or rediss+cluster://",
    )
    .optional(),
  TIDEGATE_NAMESPACE: z
    .string()
    .max(100)
    .refine(isTopicName, "must be of A-Z a-z 0-9 . _ -")
    .default("tidegate"),
  TIDEGATE_DATA_DIR: z.string().min(1).default(".tidegate"),
  TIDEGATE_TOKENS: z.string().optional(),
  TIDEGATE_MAX_IN_FLIGHT: z.coerce.number().int().min(1).max(1_000_000).optional(),
  TIDEGATE_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

/** The configuration that an environment asks for. An empty variable counts as none. Throws ConfigError. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): ServerConfig {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new ConfigError(`${path.join(".")}: ${message}`);
  }
  const { data } = parsed;
  const tokens = data.TIDEGATE_TOKENS === undefined ? null : readTokens(data.TIDEGATE_TOKENS);
  if (tokens === null && !isLoopback(data.HOST)) {
    throw new ConfigError(
      `HOST is ${data.HOST}, but TIDEGATE_TOKENS is not set: without tokens the server listens on loopback only`,
    );
  }
  return {
    port: data.PORT,
    host: data.HOST,
    redisUrl: data.REDIS_URL ?? null,
    namespace: data.TIDEGATE_NAMESPACE,
    dataDir: data.TIDEGATE_DATA_DIR,
    tokens,
    maxInFlight: data.TIDEGATE_MAX_IN_FLIGHT,
    logLevel: data.TIDEGATE_LOG_LEVEL,
  };
}

function readTokens(text: string): Tokens {
  try {
    const tokens = parseTokens(text);
    if (tokens.size > 0) return tokens;
  } catch (error) {
    throw new ConfigError(`TIDEGATE_TOKENS: ${error instanceof Error ? error.message : "malformed"}`);
  }
  throw new ConfigError("TIDEGATE_TOKENS: names no token");
}

/** Whether only this machine can reach the address. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
