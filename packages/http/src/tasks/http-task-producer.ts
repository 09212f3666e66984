import type {
  EnqueuedHttpTask,
  HttpSchedule,
  HttpScheduleSettings,
  HttpTaskRequest,
  HttpTaskStatus,
} from "@tidegate/contracts";
import type { TraceContext } from "@tidegate/tracing";

/** Who enqueues calls of endpoints: what the routes of HTTP tasks ask for, and `HttpTasks` of `@tidegate/tasks/http-tasks` is. */
export interface HttpTaskProducer {
  /** @param trace the one that the caller is in */
  enqueue(request: HttpTaskRequest, trace?: TraceContext | null): Promise<EnqueuedHttpTask>;
  /** Throws NOT_FOUND. */
  get(id: string): Promise<HttpTaskStatus>;
  readonly schedules: HttpTaskSchedules;
}

/** The schedules of HTTP tasks. Each throws SCHEDULE_NOT_FOUND, besides `put` and `list`. */
export interface HttpTaskSchedules {
  put(
    schedule: string,
    settings: HttpScheduleSettings,
  ): Promise<{ readonly schedule: HttpSchedule; readonly created: boolean }>;
  get(schedule: string): Promise<HttpSchedule>;
  list(): Promise<readonly HttpSchedule[]>;
  pause(schedule: string): Promise<void>;
  resume(schedule: string): Promise<void>;
  delete(schedule: string): Promise<void>;
}
