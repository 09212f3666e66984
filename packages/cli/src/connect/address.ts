import type { IO } from "../io.ts";
import { UsageError } from "../usage-error.ts";
import type { Address } from "./connect.ts";

/** Where a server listens that was told nothing. */
export const defaultServer = "http://127.0.0.1:8080";

/** The options that say where to connect to. */
export interface AddressOptions {
  readonly server?: string;
  readonly token?: string;
  readonly redis?: string;
  readonly namespace?: string;
}

/** The address that options and environment name: an option goes before the environment. Throws UsageError. */
export function addressOf(options: AddressOptions, env: IO["env"]): Address {
  if (options.server !== undefined && options.redis !== undefined)
    throw new UsageError("--server and --redis are two ways to the same place: give one of them");
  const given = (name: string) => env[name] || undefined;
  const fromEnvironment = options.server === undefined && options.redis === undefined;
  const server = options.server ?? (fromEnvironment ? given("TIDEGATE_SERVER") : undefined);
  const redis = options.redis ?? (fromEnvironment ? given("TIDEGATE_REDIS") : undefined);
  if (server !== undefined && redis !== undefined)
    throw new UsageError("TIDEGATE_SERVER and TIDEGATE_REDIS are both set: choose with --server or --redis");
  if (redis !== undefined) return redisAddress(redis, options, given("TIDEGATE_NAMESPACE"));
  if (options.namespace !== undefined)
    throw new UsageError("--namespace goes with --redis: a server has its own");
  return { server: checkedServer(server ?? defaultServer), token: options.token ?? given("TIDEGATE_TOKEN") };
}

function checkedServer(server: string): string {
  if (/^https?:\/\//.test(server) && URL.canParse(server)) return server;
  throw new UsageError(`${server} is no address of a server: it begins with http:// or https://`);
}

function redisAddress(redis: string, options: AddressOptions, namespace: string | undefined): Address {
  if (options.token !== undefined) throw new UsageError("--token goes with --server: Redis asks for none");
  return { redis, namespace: options.namespace ?? namespace ?? "tidegate" };
}
