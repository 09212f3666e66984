import * as z from "zod";
import { limits } from "./limits.ts";
import { moment, wholeNumber } from "./primitives.ts";
import { isPushHeader } from "./push-settings.ts";
import { recurrenceSettings, schedule } from "./schedules.ts";
import { callbackUrl } from "./task-primitives.ts";
import { ticketState } from "./tickets.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** What a request's own connection is made with, and what tells the receiver who calls. */
const connectionHeader =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|tidegate-.*)$/i;

/** What is called. A `body` that is no string is sent as JSON; `bodyBase64` as the bytes that it means. */
const target = {
  url: callbackUrl,
  method: z.enum(methods).exactOptional(),
  headers: z
    .record(z.string(), z.string())
    .refine((headers) => Object.keys(headers).length <= limits.pushHeaders, {
      error: `has more than ${limits.pushHeaders} headers`,
      params: { limit: limits.pushHeaders },
    })
    .refine(
      (headers) =>
        Object.entries(headers).every(
          ([name, value]) =>
            !connectionHeader.test(name) &&
            (isPushHeader(name, value) ||
              (name.toLowerCase() === "content-type" && isPushHeader("x-content-type", value))),
        ),
      {
        error:
          "has a header that is malformed, too long or reserved (content-* but content-type, host, webhook-*, tidegate-*, and those of the connection)",
      },
    )
    .exactOptional(),
  body: z.unknown().optional(),
  bodyBase64: z.base64().exactOptional(),
  /** How often it is tried again after the first time, 0 to 100. Default 3. */
  retries: wholeNumber(limits.httpTaskRetries).exactOptional(),
  /** For an answer with its body. Default 30,000. */
  timeoutMs: z.int().min(limits.pushTimeoutMsMin).max(limits.pushTimeoutMs).exactOptional(),
  callbackUrl: callbackUrl.exactOptional(),
  failureCallbackUrl: callbackUrl.exactOptional(),
  /** What limits by key go by. Default: the host of the URL. */
  flowKey: z.string().min(1).max(limits.flowKeyLength).exactOptional(),
};

function oneBody(
  task: { body?: unknown; bodyBase64?: string; method?: string },
  context: z.core.$RefinementCtx,
) {
  const has = task.body !== undefined || task.bodyBase64 !== undefined;
  if (task.body !== undefined && task.bodyBase64 !== undefined)
    context.addIssue({ code: "custom", path: ["bodyBase64"], message: "excludes body" });
  if (has && task.method === "GET")
    context.addIssue({ code: "custom", path: ["method"], message: "GET takes no body" });
}

/** Body of `POST /v1/http-tasks`: an endpoint to call, now or later. */
export const httpTaskRequest = z
  .strictObject({
    ...target,
    delayMs: wholeNumber(limits.delayMs).exactOptional(),
    runAt: moment.exactOptional(),
    /** The same key again within 24 hours is the same task. */
    idempotencyKey: z.string().min(1).max(limits.idempotencyKeyBytes).exactOptional(),
  })
  .superRefine((task, context) => {
    oneBody(task, context);
    if (task.delayMs !== undefined && task.runAt !== undefined)
      context.addIssue({ code: "custom", path: ["runAt"], message: "excludes delayMs" });
  });
export type HttpTaskRequest = z.infer<typeof httpTaskRequest>;

/** What a schedule calls. */
export const httpTaskTarget = z.strictObject(target).superRefine(oneBody);
export type HttpTaskTarget = z.infer<typeof httpTaskTarget>;

/**
 * The value of a message of the topic of HTTP tasks. Whatever else lies there is no HTTP task, and is given up.
 * `callback` tells those that Tidegate makes itself, which nobody can ask for.
 */
export const httpTaskMessage = z
  .strictObject({
    ...target,
    idempotencyKey: z.string().min(1).max(limits.idempotencyKeyBytes).exactOptional(),
    callback: z.literal(true).exactOptional(),
  })
  .superRefine(oneBody);
export type HttpTaskMessage = z.infer<typeof httpTaskMessage>;

/** What an endpoint answered: the beginning of its body, as text. */
export const httpTaskResponse = z.object({
  status: z.int(),
  body: z.string(),
  bodyTruncated: z.boolean(),
});
export type HttpTaskResponse = z.infer<typeof httpTaskResponse>;

/** Answer of `POST /v1/http-tasks`. The id is a ticket. */
export const enqueuedHttpTask = z.object({ id: z.string(), duplicate: z.literal(true).exactOptional() });
export type EnqueuedHttpTask = z.infer<typeof enqueuedHttpTask>;

/** Answer of `GET /v1/http-tasks/{id}`. */
export const httpTaskStatus = z.object({
  id: z.string(),
  state: ticketState,
  runAt: z.int().nullable(),
  /** What the endpoint answered; null before, and an hour later. */
  response: httpTaskResponse.nullable(),
  error: z.string().nullable(),
});
export type HttpTaskStatus = z.infer<typeof httpTaskStatus>;

/** What a callback's body tells of a run of a task, or of an HTTP task. */
export const taskCallback = z.object({
  type: z.enum(["task.completed", "task.failed", "http-task.completed", "http-task.failed"]),
  /** The task's name; of an HTTP task its URL. */
  task: z.string(),
  id: z.string(),
  /** Of an HTTP task that was enqueued with one. */
  idempotencyKey: z.string().exactOptional(),
  attempts: z.int(),
  /** The output of a task, or an HTTP task's answer as in its status; null when it has failed without one. */
  output: z.unknown(),
  error: z.object({ name: z.string(), message: z.string() }).nullable(),
});
export type TaskCallback = z.infer<typeof taskCallback>;

/** Body of `PUT /v1/http-tasks/schedules/{schedule}`. */
export const httpScheduleSettings = z.strictObject({
  when: recurrenceSettings,
  call: httpTaskTarget,
});
export type HttpScheduleSettings = z.infer<typeof httpScheduleSettings>;

export const httpSchedule = schedule.extend({ call: httpTaskTarget });
export type HttpSchedule = z.infer<typeof httpSchedule>;

export const httpScheduleList = z.object({ schedules: z.array(httpSchedule) });
export type HttpScheduleList = z.infer<typeof httpScheduleList>;

/** The topic in which HTTP tasks and callbacks wait, and the group that calls them: limits are set on it. */
export const httpTaskTopic = "tidegate.http-tasks";
export const httpTaskGroup = "call";
/**
 * What the group is made with. That it is pushed puts it on lanes and has it dispatched; the address stands for those in its
 * messages, and is never called (RFC 6761 has no host there).
 */
export const httpTaskGroupSettings = {
  push: { url: "https://http-tasks.invalid/" },
  /** So that an endpoint that is slow leaves the others their calls. */
  perKey: { concurrency: 20 },
  /** Each task has its own number of retries, below this. */
  maxDeliveries: limits.maxDeliveries,
} as const;
export const httpTaskDefaults = { retries: 3, timeoutMs: 30_000, method: "POST" } as const;
