import type { TaskBook } from "@tidegate/core";
import type { AnyTask } from "../define/define-task.ts";
import type { TaskRedis } from "../job/task-redis.ts";
import { Definitions } from "../producer/definitions.ts";
import { Queues } from "../producer/queues.ts";
import { TaskSchedules } from "./task-schedules.ts";

/** Puts the schedules of tasks right that a process left half set when it died. Safe to repeat, and by several at once. */
export async function reconcileSchedules(
  redis: TaskRedis,
  book: TaskBook,
  tasks: readonly AnyTask[],
): Promise<void> {
  const queues = new Queues(redis, book);
  try {
    const schedules = new TaskSchedules(queues, book, new Definitions(tasks, book, new Map()));
    for (const { name } of tasks) await schedules.reconcile(name);
  } finally {
    await queues.close();
  }
}
