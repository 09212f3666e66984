import { Engine, type TopicCache } from "@tidegate/core";
import { createApp, parseTokens } from "@tidegate/http";
import { Redis } from "ioredis";

interface Environment {
  readonly REDIS_URL: string;
  /** Without any, every request is refused: the address is public. */
  readonly TIDEGATE_TOKENS?: string;
  readonly TIDEGATE_NAMESPACE?: string;
}

/** Nothing is sent before the first command, so that a publish is one round trip; repeating is up to the caller. */
const connection = {
  protocol: 2,
  disableClientInfo: true,
  enableReadyCheck: false,
  connectTimeout: 3_000,
  maxRetriesPerRequest: 0,
  retryStrategy: null,
} as const;

const topicCache: TopicCache = new Map();
let app: ReturnType<typeof createApp> | null = null;
export default {
  async fetch(request: Request, environment: Environment, context: { waitUntil(work: Promise<void>): void }) {
    app ??= createApp({
      engine: (bindings) => (bindings as { engine: Engine }).engine,
      tokens: parseTokens(environment.TIDEGATE_TOKENS ?? ""),
    });
    const redis = new Redis(environment.REDIS_URL, connection);
    redis.on("error", () => {});
    const namespace = environment.TIDEGATE_NAMESPACE ?? "tidegate";
    const engine = new Engine({ redis, namespace, topicCache, subscribe: false, callTimeoutMs: 5_000 });
    try {
      return await app.fetch(request, { engine });
    } finally {
      context.waitUntil(engine.stop().then(() => redis.disconnect()));
    }
  },
};
