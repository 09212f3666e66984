import { openConsole } from "@tidegate/console";
import { TidegateError } from "@tidegate/contracts";
import { Engine } from "@tidegate/core";
import type { Dispatcher } from "@tidegate/dispatcher/node";
import { type EmbeddedRedis, startEmbeddedRedis } from "@tidegate/embedded-redis";
import { createApi, OverviewHub } from "@tidegate/http";
import { createMetrics } from "@tidegate/metrics";
import { type HttpTaskScheduler, HttpTasks } from "@tidegate/tasks/http-tasks";
import { Tasks } from "@tidegate/tasks/producer";
import { type Logger, pino } from "pino";
import { Admission, defaultMaxInFlight } from "./admission.ts";
import { ConfigError, type ServerConfig } from "./config.ts";
import { connectRedis, type RedisClient } from "./connect-redis.ts";
import { type HttpServer, listen } from "./http-server.ts";
import { requestListener } from "./request-listener.ts";
import { startDispatcher } from "./start-dispatcher.ts";
import { startScheduler } from "./start-scheduler.ts";

const defaultRequestTimeoutMs = 5_000;
const defaultRedisSilenceMs = 500;
/** Of a request's time, what a call to Redis has: who made it can still say what became of it. */
const partOfACall = 0.9;

/** A server that serves. */
export interface RunningServer {
  readonly url: string;
  readonly engine: Engine;
  readonly log: Logger;
  /** Fulfilled when its own Redis has ended, by `stop` or by itself; null when it has none. */
  readonly redisExited: Promise<void> | null;
  /**
   * Stops accepting, answers waiting receives, finishes what is in flight, then lets go of Redis, and ends the embedded
   * one. May be called again.
   */
  stop(): Promise<void>;
}

/**
 * Starts a server and resolves when it listens. An absent Redis does not keep it from starting: until it is there,
 * requests are answered with REDIS_UNAVAILABLE and readyz is red.
 */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const embedded = config.redisUrl === null ? await startOwnRedis(config, log) : null;
  const redis = connectRedis(config.redisUrl ?? embedded!.url, log);
  const {
    namespace,
    requestTimeoutMs = defaultRequestTimeoutMs,
    redisSilenceMs = defaultRedisSilenceMs,
  } = config;
  const callTimeoutMs = Math.round(requestTimeoutMs * partOfACall);
  const metrics = config.metrics === false ? null : createMetrics({ maxLabels: config.metricsMaxLabels });
  const meter = metrics?.meter;
  const engine = new Engine({ redis, namespace, callTimeoutMs, housekeeping: true, meter });
  const tasks = new Tasks({ redis, engine, callTimeoutMs });
  const httpTasks = new HttpTasks({ engine, redis });
  const stopping = new AbortController();
  metrics?.watchEngine(engine);
  metrics?.watchTasks(tasks);
  const overview = new OverviewHub(engine);
  const api = createApi({
    engine,
    tasks,
    httpTasks,
    tokens: config.tokens,
    localOnly: config.tokens === null,
    signingKeys: config.signingKeys ?? null,
    requestTimeoutMs,
    redisSilenceMs,
    ...(metrics === null ? {} : { metrics: metrics.http }),
    overview,
    stopping: stopping.signal,
    onFailure: ({ error, ...request }) => {
      if (error.code === "INTERNAL" || error.code === "CORRUPT_BATCH")
        log.error({ ...request, err: error.cause ?? error });
      else log.debug({ ...request, code: error.code, detail: error.message });
    },
  });
  const admission = new Admission(config.maxInFlight ?? defaultMaxInFlight, metrics?.http.turnedAway);
  stopping.signal.addEventListener("abort", () => admission.stop(), { once: true });
  let http: HttpServer;
  try {
    const listener = requestListener(api, config.host, admission, openConsole());
    http = await listen(listener, config.host, config.port);
  } catch (error) {
    redis.disconnect();
    await embedded?.stop();
    throw error;
  }
  await engine.start();
  overview.start();
  const dispatcher = startDispatcher(config, engine, log, metrics);
  const scheduler = startScheduler(config, engine, redis, log, metrics);
  let stopped: Promise<void> | null = null;
  return {
    url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${http.port}`,
    engine,
    log,
    redisExited: embedded?.exited ?? null,
    stop: () => {
      stopped ??= stopAll({
        stopping,
        http,
        dispatcher,
        scheduler,
        tasks,
        httpTasks,
        overview,
        engine,
        redis,
        embedded,
      });
      return stopped;
    },
  };
}

/** On PATH, else installed by the system's package manager where it may. Throws ConfigError with what to install. */
async function startOwnRedis(config: ServerConfig, log: Logger): Promise<EmbeddedRedis> {
  try {
    const embedded = await startEmbeddedRedis({
      dataDir: config.dataDir,
      appendonly: "everysec",
      install: true,
      log: (line) => log.info(line),
    });
    log.info({ dir: embedded.dir, port: embedded.port }, "embedded redis runs");
    return embedded;
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

async function stopAll(parts: {
  stopping: AbortController;
  http: HttpServer;
  dispatcher: Dispatcher | null;
  scheduler: HttpTaskScheduler | null;
  tasks: Tasks;
  httpTasks: HttpTasks;
  overview: OverviewHub;
  engine: Engine;
  redis: RedisClient;
  embedded: EmbeddedRedis | null;
}): Promise<void> {
  parts.stopping.abort(new TidegateError("OVERLOADED", "The server is stopping"));
  const ends = [
    async () =>
      void (await Promise.all([parts.http.stop(), parts.dispatcher?.stop(), parts.scheduler?.stop()])),
    () => parts.overview.stop(),
    () => parts.tasks.close(),
    () => parts.httpTasks.close(),
    () => parts.engine.stop(),
    async () => parts.redis.disconnect(),
    async () => parts.embedded?.stop(),
  ];
  // One that does not end in order keeps nothing else running.
  const errors: unknown[] = [];
  for (const end of ends) await end().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
