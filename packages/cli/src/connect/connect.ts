import type { Client } from "@tidegate/client";
import type { Engine } from "@tidegate/core";

/** How a run of the command line reaches Tidegate. */
export interface Connection {
  /** Over HTTP, or in this process. */
  readonly client: Client;
  /** Only straight to Redis: started, and able to do without HTTP what must be fast. */
  readonly engine: Engine | null;
  /** The address, without passwords, for messages. */
  readonly target: string;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Where to connect to. */
export type Address =
  | { readonly server: string; readonly token: string | undefined }
  | { readonly redis: string; readonly namespace: string };

/** Connects; over HTTP that is nothing yet, straight to Redis it throws REDIS_UNAVAILABLE. */
export async function connect(address: Address): Promise<Connection> {
  if ("redis" in address) return (await import("./over-redis.ts")).connectOverRedis(address);
  const { Client } = await import("@tidegate/client");
  const { server, token } = address;
  return {
    client: new Client({ url: server, ...(token === undefined ? {} : { token }), retries: 3 }),
    engine: null,
    target: server,
    close: async () => {},
  };
}
