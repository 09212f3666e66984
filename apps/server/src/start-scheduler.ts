import type { Engine } from "@tidegate/core";
import type { Metrics } from "@tidegate/metrics";
import { HttpTaskScheduler, type SchedulerEvent } from "@tidegate/tasks/http-tasks";
import type { Logger } from "pino";
import type { ServerConfig } from "./config.ts";
import type { RedisClient } from "./connect-redis.ts";

/** Starts to carry out the schedules of HTTP tasks, unless the configuration says not to. Those of tasks their workers carry out. */
export function startScheduler(
  config: ServerConfig,
  engine: Engine,
  redis: RedisClient,
  log: Logger,
  metrics: Metrics | null,
): HttpTaskScheduler | null {
  if (config.schedules === false) return null;
  const count = metrics?.scheduled;
  const scheduler = new HttpTaskScheduler({
    engine,
    redis,
    onEvent(event) {
      count?.(event);
      logEvent(event, log);
    },
  });
  scheduler.start();
  return scheduler;
}

function logEvent(event: SchedulerEvent, log: Logger): void {
  if (event.type === "planned") log.trace(event, "a scheduled call is on its way");
  else if (event.type === "lost")
    log.warn({ ...event, err: event.error }, "a scheduled call came to nothing");
  // What is wrong with Redis is logged where the server's own connection is.
  else log.debug({ err: event.error }, "schedules wait for redis");
}
