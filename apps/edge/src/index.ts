import { Engine } from "@tidegate/core";
import { createApp, parseTokens } from "@tidegate/http";
import { Redis } from "ioredis";

interface Environment {
  /** Where Redis is. */
  readonly REDIS_URL: string;
  /** As on the server. Without any, every request is refused: the address is public. */
  readonly TIDEGATE_TOKENS?: string;
  readonly TIDEGATE_NAMESPACE?: string;
}

interface Lifetime {
  waitUntil(promise: Promise<unknown>): void;
}

/** Nothing that is sent before a command: one round trip when warm. A second attempt is the caller's to make. */
const connection = {
  protocol: 2,
  disableClientInfo: true,
  enableReadyCheck: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 3_000,
} as const;

let app: ReturnType<typeof createApp> | null = null;

export default {
  async fetch(request: Request, environment: Environment, context: Lifetime): Promise<Response> {
    app ??= createApp({
      engine: (bindings) => (bindings as { engine: Engine }).engine,
      tokens: parseTokens(environment.TIDEGATE_TOKENS ?? ""),
    });
    const redis = new Redis(environment.REDIS_URL, connection);
    redis.on("error", () => {});
    const engine = new Engine({
      redis,
      namespace: environment.TIDEGATE_NAMESPACE ?? "tidegate",
      subscribe: false,
    });
    try {
      return await app.fetch(request, { engine });
    } finally {
      context.waitUntil(engine.stop().then(() => redis.disconnect()));
    }
  },
};
