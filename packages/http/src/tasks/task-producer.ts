import type {
  Enqueued,
  EnqueuedFlow,
  EnqueueRequest,
  FailedFilter,
  FailedOutcome,
  FailedPage,
  FailedSelection,
  RunPage,
  RunState,
  TaskDescription,
  TaskFlow,
  TaskLogs,
  TaskOptions,
  TaskSchedule,
  TaskScheduleSettings,
  TaskStatus,
} from "@tidegate/contracts";
import type { TraceContext } from "@tidegate/tracing";

/**
 * Who enqueues tasks and tells of their runs: what the routes of tasks ask for, and `Tasks` of `@tidegate/tasks/producer` is.
 * Each throws TidegateError: TASK_NOT_FOUND for a task that nobody has made known, NOT_FOUND for a run that is not there.
 */
export interface TaskProducer {
  enqueue(
    task: string,
    input: unknown,
    options?: TaskOptions,
    /** The one that the caller is in. */
    trace?: TraceContext | null,
  ): Promise<Enqueued>;
  /** All or none. Fields of errors begin with `tasks[<index>]`. */
  enqueueMany(
    task: string,
    runs: readonly EnqueueRequest[],
    trace?: TraceContext | null,
  ): Promise<readonly Enqueued[]>;
  enqueueFlow(flow: TaskFlow, trace?: TraceContext | null): Promise<EnqueuedFlow>;
  get(task: string, id: string): Promise<TaskStatus>;
  /** As it stands when it has ended, or when the time is up. */
  wait(task: string, id: string, options: WaitOptions): Promise<TaskStatus>;
  /** Whether `watch` hears of changes; where nothing may subscribe it would look again and again. */
  readonly mayWatch: boolean;
  /** As it stands, again at each change, up to its end. */
  watch(task: string, id: string, options: { readonly signal?: AbortSignal }): AsyncIterable<TaskStatus>;
  logs(task: string, id: string): Promise<TaskLogs>;
  cancel(task: string, id: string): Promise<void>;
  retry(task: string, id: string): Promise<void>;
  remove(task: string, id: string): Promise<void>;
  list(): Promise<readonly { readonly name: string }[]>;
  describe(task: string): Promise<TaskDescription>;
  /** The runs in one state, by their place in its list. */
  runs(task: string, query: RunsQuery): Promise<RunPage>;
  pause(task: string): Promise<void>;
  resume(task: string): Promise<void>;
  readonly failed: FailedTasks;
  readonly schedules: TaskSchedules;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Which runs are listed. */
export interface RunsQuery {
  readonly state: RunState;
  readonly from?: number;
  readonly limit?: number;
}

/** What is asked of a list of failed runs. */
export interface FailedQuery extends FailedFilter {
  /** Go on here: the `next` of the page before. */
  after?: string;
  limit?: number;
}

/** The failed runs of tasks. */
export interface FailedTasks {
  list(task: string, query?: FailedQuery): Promise<FailedPage>;
  retry(task: string, selection: FailedSelection): Promise<FailedOutcome>;
  remove(task: string, selection: FailedSelection): Promise<FailedOutcome>;
}

/** The schedules of tasks. Each throws SCHEDULE_NOT_FOUND, besides `put` and `list`. */
export interface TaskSchedules {
  put(
    task: string,
    schedule: string,
    settings: TaskScheduleSettings,
  ): Promise<{ readonly schedule: TaskSchedule; readonly created: boolean }>;
  get(task: string, schedule: string): Promise<TaskSchedule>;
  list(task: string): Promise<readonly TaskSchedule[]>;
  pause(task: string, schedule: string): Promise<void>;
  resume(task: string, schedule: string): Promise<void>;
  delete(task: string, schedule: string): Promise<void>;
}
