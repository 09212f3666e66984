import { isTopicName, parseSigningKeys, type SigningKeys } from "@tidegate/contracts";
import { readRedisAddress } from "@tidegate/core";
import { CallRules, splitAllowList } from "@tidegate/dispatcher";
import { parseTokens, type Tokens } from "@tidegate/http";
import * as z from "zod";

/** How messages are pushed. */
export interface PushConfig {
  /** Where it may call beyond https to the public internet: hosts, host:port, addresses, ranges of addresses. */
  readonly allow: readonly string[];
  /** Calls at once. */
  readonly concurrency: number;
}

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
  /** Requests that are answered at once; what comes beyond is answered with OVERLOADED. Default 2,048. */
  readonly maxInFlight?: number | undefined;
  /** How long a request may take in ms, besides what its caller wants to wait. Default 5,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** After how long without any answer of Redis requests are refused at once, in ms. Default 500. */
  readonly redisSilenceMs?: number | undefined;
  /** Null: this server pushes nothing. Left out: to the public internet, 100 calls at once. */
  readonly push?: PushConfig | null;
  /** Whether this server enqueues what schedules of HTTP tasks plan. Default true. */
  readonly schedules?: boolean;
  /** Sign pushed requests in place of keys that the deployment derives. */
  readonly signingKeys?: SigningKeys | null;
  /** Whether it keeps metrics. Default true; without, `/metrics` answers NOT_SUPPORTED. */
  readonly metrics?: boolean;
  /** How many topics, and how many groups, have time series of their own. Default 500. */
  readonly metricsMaxLabels?: number | undefined;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}

/** The environment cannot be run with; the message is one line for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  HOST: z.string().min(1).default("127.0.0.1"),
  REDIS_URL: z.string().optional(),
  TIDEGATE_NAMESPACE: z
    .string()
    .max(100)
    .refine(isTopicName, "must be of A-Z a-z 0-9 . _ -")
    .default("tidegate"),
  TIDEGATE_DATA_DIR: z.string().min(1).default(".tidegate"),
  TIDEGATE_TOKENS: z.string().optional(),
  TIDEGATE_MAX_IN_FLIGHT: z.coerce.number().int().min(1).max(1_000_000).optional(),
  TIDEGATE_REQUEST_TIMEOUT_MS: z.coerce.number().int().min(500).max(600_000).optional(),
  TIDEGATE_REDIS_SILENCE_MS: z.coerce.number().int().min(150).max(600_000).optional(),
  TIDEGATE_PUSH: z.enum(["on", "off"]).default("on"),
  TIDEGATE_PUSH_ALLOW: z.string().default(""),
  TIDEGATE_PUSH_CONCURRENCY: z.coerce.number().int().min(1).max(10_000).default(100),
  TIDEGATE_SCHEDULES: z.enum(["on", "off"]).default("on"),
  TIDEGATE_SIGNING_KEYS: z.string().optional(),
  TIDEGATE_METRICS: z.enum(["on", "off"]).default("on"),
  TIDEGATE_METRICS_MAX_LABELS: z.coerce.number().int().min(1).max(100_000).optional(),
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
  const keys = data.TIDEGATE_SIGNING_KEYS;
  const tokens = data.TIDEGATE_TOKENS === undefined ? null : readTokens(data.TIDEGATE_TOKENS);
  if (tokens === null && !isLoopback(data.HOST)) {
    throw new ConfigError(
      `HOST is ${data.HOST}, but TIDEGATE_TOKENS is not set: without tokens the server listens on loopback only`,
    );
  }
  return {
    port: data.PORT,
    host: data.HOST,
    redisUrl: data.REDIS_URL === undefined ? null : readRedisUrl(data.REDIS_URL),
    namespace: data.TIDEGATE_NAMESPACE,
    dataDir: data.TIDEGATE_DATA_DIR,
    tokens,
    maxInFlight: data.TIDEGATE_MAX_IN_FLIGHT,
    requestTimeoutMs: data.TIDEGATE_REQUEST_TIMEOUT_MS,
    redisSilenceMs: data.TIDEGATE_REDIS_SILENCE_MS,
    push:
      data.TIDEGATE_PUSH === "off"
        ? null
        : { allow: readAllowList(data.TIDEGATE_PUSH_ALLOW), concurrency: data.TIDEGATE_PUSH_CONCURRENCY },
    schedules: data.TIDEGATE_SCHEDULES === "on",
    signingKeys: keys === undefined ? null : named("TIDEGATE_SIGNING_KEYS", () => parseSigningKeys(keys)),
    metrics: data.TIDEGATE_METRICS === "on",
    metricsMaxLabels: data.TIDEGATE_METRICS_MAX_LABELS,
    logLevel: data.TIDEGATE_LOG_LEVEL,
  };
}

function readAllowList(text: string): string[] {
  const entries = splitAllowList(text);
  return named("TIDEGATE_PUSH_ALLOW", () => {
    new CallRules(entries);
    return entries;
  });
}

/** What a variable is read as; what is wrong with it names it. */
function named<T>(variable: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ConfigError(`${variable}: ${error instanceof Error ? error.message : "malformed"}`);
  }
}

function readRedisUrl(url: string): string {
  named("REDIS_URL", () => readRedisAddress(url));
  return url;
}

function readTokens(text: string): Tokens {
  const tokens = named("TIDEGATE_TOKENS", () => parseTokens(text));
  if (tokens.size > 0) return tokens;
  throw new ConfigError("TIDEGATE_TOKENS: names no token");
}

/** Whether only this machine can reach the address. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
