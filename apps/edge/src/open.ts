import { parseSigningKeys } from "@tidegate/contracts";
import { Engine, RedisWatch, type TopicCache } from "@tidegate/core";
import { logToConsole, splitAllowList } from "@tidegate/dispatcher";
import { HttpTasks } from "@tidegate/tasks/http-tasks";
import { type TaskCache, Tasks } from "@tidegate/tasks/producer";
import { Redis } from "ioredis";

/** The bindings of the Worker. */
export interface Environment {
  readonly REDIS_URL: string;
  /** Without any, every request is refused: the address is public. */
  readonly TIDEGATE_TOKENS?: string;
  readonly TIDEGATE_NAMESPACE?: string;
  /** Where push may call beyond https to public names. */
  readonly TIDEGATE_PUSH_ALLOW?: string;
  /** Messages pushed in one step. Default 40: a free plan allows 50 subrequests. */
  readonly TIDEGATE_PUSH_MESSAGES?: string;
  /** `<current>,<next>`: sign in place of the keys that the deployment derives. */
  readonly TIDEGATE_SIGNING_KEYS?: string;
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
const redisWatch = new RedisWatch();
const taskCache: TaskCache = new Map();

/** What one invocation works with: on Workers a connection belongs to the request that opened it. */
export function open(environment: Environment) {
  const redis = new Redis(environment.REDIS_URL, connection);
  redis.on("error", () => {});
  const namespace = environment.TIDEGATE_NAMESPACE ?? "tidegate";
  const known = { topicCache, redisWatch };
  const engine = new Engine({ redis, namespace, ...known, subscribe: false, callTimeoutMs: 4_500 });
  const tasks = new Tasks({ redis, engine, taskCache, subscribe: false, callTimeoutMs: 4_500 });
  const httpTasks = new HttpTasks({ engine, redis });
  const configured = environment.TIDEGATE_SIGNING_KEYS ?? "";
  const keys = configured === "" ? null : parseSigningKeys(configured);
  const allow = splitAllowList(environment.TIDEGATE_PUSH_ALLOW ?? "");
  const maxMessages = Number(environment.TIDEGATE_PUSH_MESSAGES ?? 40);
  const push = { engine, keys, allow, maxMessages, onEvent: logToConsole };
  const end = async () => {
    await Promise.all([tasks.close(), httpTasks.close()]);
    await engine.stop();
  };
  return {
    bindings: { engine, tasks, httpTasks },
    keys,
    push,
    close: () => end().finally(() => redis.disconnect()),
  };
}
