import type { TaskSchedule, TaskScheduleSettings } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "../http.ts";
import { Schedules } from "./schedules.ts";
import { type InputOf, nameOf, type TaskLike } from "./task-like.ts";

/** How a task is run again and again. */
export interface ScheduleSettings<Input> extends TaskScheduleSettings {
  input: Input;
}

/** What runs tasks again and again. */
export class TaskSchedules {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Makes a schedule, or replaces it. Safe to repeat, and to do from two deployments at once. */
  put<Task extends TaskLike | string>(
    task: Task | string,
    id: string,
    settings: ScheduleSettings<InputOf<Task>>,
    options?: CallOptions,
  ): Promise<{ schedule: TaskSchedule; created: boolean }> {
    return this.#of(task).put(id, settings, options);
  }

  /** Throws SCHEDULE_NOT_FOUND. */
  get(task: TaskLike | string, id: string, options?: CallOptions): Promise<TaskSchedule> {
    return this.#of(task).get(id, options);
  }

  /** All of a task by id. */
  list(task: TaskLike | string, options?: CallOptions): Promise<TaskSchedule[]> {
    return this.#of(task).list(options);
  }

  /** Throws SCHEDULE_NOT_FOUND. */
  pause(task: TaskLike | string, id: string, options?: CallOptions): Promise<void> {
    return this.#of(task).pause(id, options);
  }

  /** Throws SCHEDULE_NOT_FOUND. */
  resume(task: TaskLike | string, id: string, options?: CallOptions): Promise<void> {
    return this.#of(task).resume(id, options);
  }

  /** Throws SCHEDULE_NOT_FOUND. */
  delete(task: TaskLike | string, id: string, options?: CallOptions): Promise<void> {
    return this.#of(task).delete(id, options);
  }

  #of(task: TaskLike | string): Schedules<TaskScheduleSettings, TaskSchedule> {
    return new Schedules(this.#http, pathOf("tasks", nameOf(task), "schedules"));
  }
}
