import type { TidegateError } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";
import { type Context, Hono } from "hono";
import { Metrics, type RouteCounter } from "./metrics.ts";
import { authorize } from "./middleware/authorize.ts";
import { type RequestReader, webReader } from "./middleware/body.ts";
import { requestId } from "./middleware/request-id.ts";
import type { Tokens } from "./middleware/tokens.ts";
import { openApiPath, openApiRoute } from "./openapi.ts";
import { asTidegateError, problemResponse } from "./problem.ts";
import type { Route, Services } from "./route.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { gateRoutes } from "./routes/gate.ts";
import { groupRoutes } from "./routes/groups.ts";
import { leaseRoutes } from "./routes/leases.ts";
import { operationRoutes } from "./routes/operation.ts";
import { publishRoute } from "./routes/publish.ts";
import { readRoute } from "./routes/read.ts";
import { ticketRoutes } from "./routes/tickets.ts";
import { topicRoutes } from "./routes/topics.ts";
import { Tickets } from "./tickets/ticket.ts";
import { notFound } from "./unmatched.ts";

/** How an app is made. */
export interface AppOptions {
  /**
   * The engine, or how to find the one of a request in its environment: on Workers a connection belongs to the
   * request that opened it.
   */
  readonly engine: Engine | ((environment: unknown) => Engine);
  /** Who may do what (`parseTokens`). Null or left out: everybody may do everything, so listen on loopback only. */
  readonly tokens?: Tokens | null;
  /** Signs tickets; at least 16 bytes. Default: the deployment's own, which the engine keeps in Redis. */
  readonly ticketSecret?: Uint8Array;
  /** How requests are read. Default: by the web's means, which every runtime has. */
  readonly reader?: RequestReader;
  /** Aborted when the process stops: waiting receives answer at once. */
  readonly stopping?: AbortSignal;
  /** Told about every answer of status 500 and above. */
  readonly onFailure?: (failure: Failure) => void;
}

/** An answer of status 500 and above, for the log. */
export interface Failure {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly error: TidegateError;
}

/** The HTTP API over an engine, as a Hono app: `app.fetch` serves a request on any runtime. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  const services = servicesOf(options);
  const routes: Route[] = [
    publishRoute,
    readRoute,
    ...topicRoutes,
    ...groupRoutes,
    ...leaseRoutes,
    ...deadLetterRoutes,
    ...gateRoutes,
    ...ticketRoutes,
    ...operationRoutes,
  ];
  routes.push(openApiRoute(routes));
  for (const route of routes) app.on(route.method, route.path, bind(route, services, options));
  const unmatched = services.metrics.route("*", "unmatched");
  app.notFound((context) => {
    const response = notFound(app, context);
    unmatched.count(response.status);
    return response;
  });
  app.onError((error, context) => answerFailure(error, context, unmatched, options));
  return app;
}

function servicesOf(options: AppOptions): Services {
  const { engine, ticketSecret } = options;
  let tickets: Tickets | null = null;
  return {
    engineOf: typeof engine === "function" ? (context) => engine(context.env) : () => engine,
    // Not shared while it is under way: on Workers a promise belongs to the request that made it.
    ticketsOf: (from) => {
      if (tickets !== null) return tickets;
      const secret = ticketSecret === undefined ? from.secret() : Promise.resolve(ticketSecret);
      return secret.then(Tickets.under).then((made) => {
        tickets = made;
        return made;
      });
    },
    reader: options.reader ?? webReader,
    metrics: new Metrics(),
    stopping: options.stopping ?? null,
  };
}

/** A handler without middleware around it: each layer of Hono's would cost the publish route a promise. */
function bind(
  route: Route,
  services: Services,
  options: AppOptions,
): (context: Context) => Promise<Response> {
  const counter = services.metrics.route(route.method, openApiPath(route.path));
  const tokens = options.tokens ?? null;
  const { metrics } = services;
  return async (context) => {
    metrics.requestsInFlight++;
    try {
      if (tokens !== null) authorize(context, services.reader, tokens, route.permission);
      const response = await route.handle(context, services);
      counter.count(response.status);
      return response;
    } catch (error) {
      return answerFailure(error, context, counter, options);
    } finally {
      metrics.requestsInFlight--;
    }
  };
}

function answerFailure(
  thrown: unknown,
  context: Context,
  counter: RouteCounter,
  options: AppOptions,
): Response {
  const error = asTidegateError(thrown);
  const id = requestId(context);
  if (error.status >= 500)
    options.onFailure?.({ requestId: id, method: context.req.method, path: context.req.path, error });
  const headers = error.code === "UNAUTHORIZED" ? { "www-authenticate": "Bearer" } : {};
  counter.count(error.status);
  return problemResponse(error, id, { headers });
}
