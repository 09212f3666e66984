import type {
  EnqueuedHttpTask,
  HttpSchedule,
  HttpScheduleSettings,
  HttpTaskRequest,
  HttpTaskStatus,
} from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "../http.ts";
import { makeNonce } from "../nonce.ts";
import { Schedules } from "./schedules.ts";

/** A call to make: the contract's, `runAt` also as a Date. */
export interface OutgoingHttpTask extends Omit<HttpTaskRequest, "runAt"> {
  runAt?: number | string | Date;
}

/** Their topic, as traces name it. The contract's own constant would bring its schemas into every bundle. */
const topic = "tidegate.http-tasks";

/** Calls of endpoints, now, later, and again and again. */
export class HttpTasks {
  readonly schedules: Schedules<HttpScheduleSettings, HttpSchedule>;
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
    this.schedules = new Schedules(http, "http-tasks/schedules");
  }

  /** Has an endpoint called. Without an idempotency key it gets one, so that the call can be repeated. */
  async enqueue(task: OutgoingHttpTask, options: CallOptions = {}): Promise<EnqueuedHttpTask> {
    const { runAt, ...rest } = task;
    const json = {
      ...rest,
      ...(runAt !== undefined && { runAt: runAt instanceof Date ? runAt.getTime() : runAt }),
      idempotencyKey: task.idempotencyKey ?? makeNonce(),
    };
    const { body } = await this.#http.send<EnqueuedHttpTask>(
      {
        method: "POST",
        path: "http-tasks",
        json,
        repeatable: true,
        traced: { operation: "send", destination: topic },
      },
      options,
    );
    // Of a key that was made here a duplicate is an earlier attempt of this call.
    return task.idempotencyKey === undefined ? { id: body.id } : body;
  }

  /** Where a call stands, and what the endpoint answered. Throws NOT_FOUND. */
  async get(id: string, options: CallOptions = {}): Promise<HttpTaskStatus> {
    const path = pathOf("http-tasks", id);
    return (
      await this.#http.send<HttpTaskStatus>({ method: "GET", path, repeatable: true, fresh: true }, options)
    ).body;
  }
}
