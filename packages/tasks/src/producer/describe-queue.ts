import type { TaskDescription } from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { KnownTask } from "./known-task.ts";
import type { Queues } from "./queues.ts";

/** A task, and how many of its runs stand where. */
export async function describeQueue(
  queues: Queues,
  book: TaskBook,
  task: KnownTask,
): Promise<TaskDescription> {
  const queue = queues.of(task.name);
  const [paused, counts] = await book.answer(
    Promise.all([
      queue.isPaused(),
      queue.getJobCounts(
        "delayed",
        "wait",
        "prioritized",
        "waiting-children",
        "active",
        "completed",
        "failed",
      ),
    ]),
  );
  const count = (kind: string) => counts[kind] ?? 0;
  return {
    name: task.name,
    inputSchema: task.inputSchema(),
    attempts: task.attempts,
    timeoutMs: task.timeoutMs,
    paused,
    counts: {
      delayed: count("delayed"),
      waiting: count("wait") + count("prioritized"),
      "waiting-children": count("waiting-children"),
      running: count("active"),
      completed: count("completed"),
      failed: count("failed"),
    },
  };
}
