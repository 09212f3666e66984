import type { Engine } from "@tidegate/core";
import type { PushEvent } from "@tidegate/dispatcher";
import { Dispatcher } from "@tidegate/dispatcher/node";
import type { Metrics } from "@tidegate/metrics";
import type { Logger } from "pino";
import type { ServerConfig } from "./config.ts";

/** Starts to push, unless the configuration says not to. */
export function startDispatcher(
  config: ServerConfig,
  engine: Engine,
  log: Logger,
  metrics: Metrics | null,
): Dispatcher | null {
  if (config.push === null) return null;
  const count = metrics?.pushed;
  const dispatcher = new Dispatcher({
    engine,
    allow: config.push?.allow ?? [],
    keys: config.signingKeys ?? null,
    concurrency: config.push?.concurrency ?? 100,
    onEvent(event) {
      count?.(event);
      logEvent(event, log);
    },
  });
  dispatcher.start();
  return dispatcher;
}

function logEvent(event: PushEvent, log: Logger): void {
  if (event.type === "answered" || event.type === "called") log.trace(event, "pushed");
  else if (event.type === "held") log.warn(event, "push leaves an endpoint alone");
  else if (event.type === "resumed") log.info(event, "push goes on");
  else if (event.type === "result-lost") log.warn({ ...event, err: event.error }, "a result was not kept");
  else if (event.type === "failed") {
    if (event.becomes === "dead-letter") log.warn(event, "push gave messages up");
    else log.debug(event, "push failed, it will be tried again");
  } else if (event.error.retryable) {
    // What is wrong with Redis is logged where its connection is.
    log.debug({ ...event, err: event.error }, "push waits for redis");
  } else log.error({ ...event, err: event.error }, "push met an error");
}
