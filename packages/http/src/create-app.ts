import { type SigningKeys, TidegateError } from "@tidegate/contracts";
import { type Engine, Tickets } from "@tidegate/core";
import { Hono } from "hono";
import { type Answer, toResponse } from "./answer.ts";
import { type ApiMetrics, deafMeter } from "./api-metrics.ts";
import { type Call, WebCall } from "./call.ts";
import { LineTokens } from "./line/line-tokens.ts";
import { authorize, authorizeTask, isAdmin } from "./middleware/authorize.ts";
import { requestId } from "./middleware/request-id.ts";
import { requireLocal } from "./middleware/require-local.ts";
import { requireRedis } from "./middleware/require-redis.ts";
import type { Tokens } from "./middleware/tokens.ts";
import { withinTime } from "./middleware/within-time.ts";
import { openApiPath, openApiRoute } from "./openapi.ts";
import type { OverviewHub } from "./overview/overview-hub.ts";
import { asTidegateError, problemAnswer } from "./problem.ts";
import type { Route, Services } from "./route.ts";
import { accessRoute } from "./routes/access.ts";
import { auditRoute } from "./routes/audit.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { doctorRoute } from "./routes/doctor.ts";
import { failedTaskRoutes } from "./routes/failed-tasks.ts";
import { flowRoutes } from "./routes/flow.ts";
import { gateRoutes } from "./routes/gate.ts";
import { groupRoutes } from "./routes/groups.ts";
import { httpScheduleRoutes } from "./routes/http-schedules.ts";
import { httpTaskRoutes } from "./routes/http-tasks.ts";
import { leaseRoutes } from "./routes/leases.ts";
import { lineRoutes } from "./routes/line.ts";
import { listRunsRoute } from "./routes/list-runs.ts";
import { operationRoutes } from "./routes/operation.ts";
import { overviewRoutes } from "./routes/overview.ts";
import { publishRoute } from "./routes/publish.ts";
import { readRoute } from "./routes/read.ts";
import { signingKeyRoutes } from "./routes/signing-keys.ts";
import { taskFlowRoutes } from "./routes/task-flows.ts";
import { taskRunRoutes } from "./routes/task-runs.ts";
import { taskScheduleRoutes } from "./routes/task-schedules.ts";
import { enqueue, enqueueRoute, taskRoutes } from "./routes/tasks.ts";
import { lookAtTicket, ticketEventsRoute, ticketRoute } from "./routes/tickets.ts";
import { topicRoutes } from "./routes/topics.ts";
import type { HttpTaskProducer } from "./tasks/http-task-producer.ts";
import type { TaskProducer } from "./tasks/task-producer.ts";
import { notFound } from "./unmatched.ts";

/** How an app is made. */
export interface AppOptions {
  /**
   * The engine, or how to find the one of a request in its environment: on Workers a connection belongs to the
   * request that opened it.
   */
  readonly engine: Engine | ((environment: unknown) => Engine);
  /** Who enqueues tasks, found in the same way. Left out: their routes answer NOT_SUPPORTED. */
  readonly tasks?: TaskProducer | ((environment: unknown) => TaskProducer);
  /** Who enqueues HTTP tasks, in the same way. */
  readonly httpTasks?: HttpTaskProducer | ((environment: unknown) => HttpTaskProducer);
  /** Who may do what (`parseTokens`). Null or left out: everybody may do everything, so listen on loopback only. */
  readonly tokens?: Tokens | null;
  /** Whether only pages and programs of this machine are answered, as befits a server without tokens. Default false. */
  readonly localOnly?: boolean;
  /** Signs tickets; at least 16 bytes. Default: the deployment's own, which the engine keeps in Redis. */
  readonly ticketSecret?: Uint8Array;
  /** What pushed requests are signed with, where that is configured. Default: the deployment's own, which it derives. */
  readonly signingKeys?: SigningKeys | null;
  /** After how long without any answer of Redis requests are refused at once, in ms. Default 500. */
  readonly redisSilenceMs?: number;
  /** How long a request may take behind its body, in ms, besides what its caller wants to wait. Default 5,000. */
  readonly requestTimeoutMs?: number;
  /** Hears of requests, and has what `/metrics` shows. Left out: nothing is counted, and `/metrics` answers NOT_SUPPORTED. */
  readonly metrics?: ApiMetrics;
  /** Tells pages how all topics stand; who gives it starts and stops it. Left out: `/v1/overview/events` answers NOT_SUPPORTED. */
  readonly overview?: OverviewHub;
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

/** The HTTP API over an engine. */
export interface Api {
  /** Serves every route, on any runtime: `app.fetch`. */
  readonly app: Hono;
  /** `POST /v1/topics/{topic}/messages` without the web's objects in between, for a runtime that would have to make them. */
  publish(call: Call): Promise<Answer>;
  /** `GET /v1/tickets/{ticket}` without a query, in the same way. */
  ticket(call: Call): Promise<Answer>;
  /** `POST /v1/tasks/{task}`, in the same way. */
  enqueue(call: Call): Promise<Answer>;
}

/** The HTTP API over an engine as a Hono app, which is all that most runtimes need. */
export function createApp(options: AppOptions): Hono {
  return createApi(options).app;
}

/** The HTTP API over an engine. */
export function createApi(options: AppOptions): Api {
  const app = new Hono();
  const services = servicesOf(options);
  const answerPublish = guard<Call>(publishRoute, services, options);
  const answerEnqueue = guard<Call>({ ...enqueueRoute, handle: enqueue }, services, options);
  const routes: Route[] = [
    readRoute,
    ...overviewRoutes,
    ...topicRoutes,
    ...groupRoutes,
    ...flowRoutes,
    ...leaseRoutes,
    ...deadLetterRoutes,
    ...gateRoutes,
    ...lineRoutes,
    ticketRoute,
    ticketEventsRoute,
    enqueueRoute,
    ...taskRoutes,
    // Before the routes of runs: a word where an id stands.
    ...failedTaskRoutes,
    listRunsRoute,
    ...taskScheduleRoutes,
    ...taskRunRoutes,
    ...taskFlowRoutes,
    ...httpScheduleRoutes,
    ...httpTaskRoutes,
    ...signingKeyRoutes,
    accessRoute,
    doctorRoute,
    auditRoute,
    ...operationRoutes,
  ];
  routes.push(openApiRoute([publishRoute, ...routes]));
  app.post(publishRoute.path, (context) => answerPublish(new WebCall(context)).then(toResponse));
  for (const route of routes) {
    const answer = guard(route, services, options);
    app.on(route.method, route.path, (context) => answer(new WebCall(context)).then(toResponse));
  }
  const unmatched = options.metrics?.route("*", "unmatched") ?? deafMeter;
  const countUnmatched = (answer: Answer): Answer => {
    unmatched.began();
    unmatched.ended(answer.status, 0);
    return answer;
  };
  app.notFound((context) => toResponse(countUnmatched(notFound(app, new WebCall(context)))));
  app.onError((error, context) =>
    toResponse(countUnmatched(answerFailure(error, new WebCall(context), options))),
  );
  const answerTicket = guard<Call>({ ...ticketRoute, handle: lookAtTicket }, services, options);
  return { app, publish: answerPublish, ticket: answerTicket, enqueue: answerEnqueue };
}

function servicesOf(options: AppOptions): Services {
  const { engine, ticketSecret } = options;
  let tickets: Tickets | null = null;
  let lineTokens: LineTokens | null = null;
  const tokens = options.tokens ?? null;
  return {
    engineOf: typeof engine === "function" ? (call) => engine(call.environment) : () => engine,
    // Not shared while it is under way: on Workers a promise belongs to the request that made it.
    ticketsOf: (from) => {
      if (tickets !== null) return tickets;
      const secret = ticketSecret === undefined ? from.secret() : Promise.resolve(ticketSecret);
      return secret.then(Tickets.under).then((made) => {
        tickets = made;
        return made;
      });
    },
    lineTokensOf: (from) => {
      if (lineTokens !== null) return lineTokens;
      const secret = ticketSecret === undefined ? from.secret() : Promise.resolve(ticketSecret);
      return secret.then(LineTokens.under).then((made) => {
        lineTokens = made;
        return made;
      });
    },
    tasksOf: finder(options.tasks, "tasks"),
    httpTasksOf: finder(options.httpTasks, "HTTP tasks"),
    requireTask: (call, task) => {
      if (tokens !== null) authorizeTask(call, tokens, task);
    },
    asksTokens: tokens !== null,
    isAdmin: (call) => tokens !== null && isAdmin(call, tokens),
    metrics: options.metrics ?? null,
    overview: options.overview ?? null,
    signingKeys: options.signingKeys ?? null,
    stopping: options.stopping ?? null,
  };
}

/** How to find what a request works with. Throws NOT_SUPPORTED when there is none. */
function finder<Service extends object>(
  given: Service | ((environment: unknown) => Service) | undefined,
  what: string,
): (call: Call) => Service {
  if (given === undefined)
    return () => {
      throw new TidegateError("NOT_SUPPORTED", `This server offers no ${what}`);
    };
  return typeof given === "function" ? (call) => given(call.environment) : () => given;
}

/**
 * A route with what stands before and behind each: the token's scopes, the counters, errors as problem documents. One
 * function and no chain of middleware, since each layer of that would cost a publish a promise.
 */
function guard<Asked extends Call>(
  route: Omit<Route, "handle"> & {
    handle(call: Asked, services: Services): Answer | Promise<Answer>;
  },
  services: Services,
  options: AppOptions,
): (call: Asked) => Promise<Answer> {
  const meter = options.metrics?.route(route.method, openApiPath(route.path)) ?? null;
  const tokens = options.tokens ?? null;
  const localOnly = options.localOnly ?? false;
  const { redisSilenceMs = 500, requestTimeoutMs = 5_000 } = options;
  const { always = false, ownTime = false } = route;
  const takesBody = route.body !== undefined;
  const changes = route.method !== "GET";
  const reading = !changes && route.adminOnly !== true;
  return async (call) => {
    const startedAt = meter === null ? 0 : performance.now();
    meter?.began();
    let status = 500;
    try {
      if (localOnly) requireLocal(call);
      if (tokens !== null) authorize(call, tokens, route.permission, reading);
      const unsure = always ? undefined : requireRedis(services.engineOf(call), redisSilenceMs);
      if (unsure !== undefined) await unsure;
      // A body that nobody asked for may not come as declared: such a request is malformed, and must change nothing.
      if (changes && !takesBody && declaresBody(call)) await call.body();
      const work = route.handle(call, services);
      const timed = work instanceof Promise && !ownTime;
      const answer = await (timed ? withinTime(work, call, takesBody, requestTimeoutMs) : work);
      status = answer.status;
      return answer;
    } catch (error) {
      const answer = answerFailure(error, call, options);
      status = answer.status;
      return answer;
    } finally {
      meter?.ended(status, performance.now() - startedAt);
    }
  };
}

function declaresBody(call: Call): boolean {
  const length = call.header("content-length");
  return (length !== null && length !== "0") || call.header("transfer-encoding") !== null;
}

function answerFailure(thrown: unknown, call: Call, options: AppOptions): Answer {
  const error = asTidegateError(thrown);
  const id = requestId(call);
  if (error.status >= 500)
    options.onFailure?.({ requestId: id, method: call.method, path: call.path, error });
  const headers = error.code === "UNAUTHORIZED" ? { "www-authenticate": "Bearer" } : {};
  return problemAnswer(error, id, { headers });
}
