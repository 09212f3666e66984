import type { TaskBook } from "@tidegate/core";
import * as z from "zod";
import type { AnyTask } from "./define-task.ts";

/** What workers make known of a task to producers that do not have its definition. */
export interface PublishedTask {
  /** JSON Schema of the input. What it cannot say (refinements, transforms) the worker checks. */
  readonly inputSchema: unknown;
  readonly attempts: number;
  readonly timeoutMs: number;
}

/** Says of a task what can be said in JSON. */
export function describeTask({ input, settings }: AnyTask): PublishedTask {
  return {
    inputSchema: z.toJSONSchema(input, { io: "input", unrepresentable: "any" }),
    attempts: settings.retry.attempts,
    timeoutMs: settings.timeoutMs,
  };
}

/** Makes tasks known, in the place of what was known of them. Safe to repeat. */
export async function publishTasks(book: TaskBook, tasks: readonly AnyTask[]): Promise<void> {
  await book.writeDefinitions(new Map(tasks.map((task) => [task.name, JSON.stringify(describeTask(task))])));
}
