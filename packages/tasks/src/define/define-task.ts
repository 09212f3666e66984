import { TidegateError } from "@tidegate/contracts";
import type * as z from "zod";
import type { TaskContext } from "./task-context.ts";
import { readSettings, type TaskSettings, type TaskSettingsInput } from "./task-settings.ts";

/** Does one run of a task. */
export type RunTask<Input extends z.ZodType, Output extends z.ZodType> = (
  input: z.output<Input>,
  context: TaskContext,
) => z.input<Output> | Promise<z.input<Output>>;

/** What `defineTask` is told. */
export interface TaskOptions<Input extends z.ZodType, Output extends z.ZodType> extends TaskSettingsInput {
  /** What a run is given, as zod schema. */
  readonly input: Input;
  /** What a run returns; without it, any JSON value. */
  readonly output?: Output | undefined;
  /** A producer's bundle leaves it out. */
  readonly run?: RunTask<Input, Output> | undefined;
}

/** A task: its name, what goes in and comes out, and how it is carried out. It types the producer and the worker. */
export interface TaskDefinition<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly input: Input;
  readonly output: Output | null;
  readonly settings: TaskSettings;
  readonly run: RunTask<Input, Output> | null;
  /** The same task with what runs it, for the worker to import. */
  implement(run: RunTask<Input, Output>): TaskDefinition<Input, Output>;
}

/** Any task, whatever goes in and comes out. */
// biome-ignore lint/suspicious/noExplicitAny: a handler's parameter makes definitions invariant
export type AnyTask = TaskDefinition<any, any>;

/** What a caller gives to a task, and gets from it. */
export type InputOf<Task> = Task extends TaskDefinition<infer Input, z.ZodType> ? z.input<Input> : never;
export type OutputOf<Task> = Task extends TaskDefinition<infer _, infer Output> ? z.output<Output> : never;

/**
 * Defines a task. Needs neither Redis nor Node: the same module goes into a function's bundle and into the worker.
 * @throws INVALID with the field
 */
export function defineTask<Input extends z.ZodType, Output extends z.ZodType = z.ZodUnknown>(
  options: TaskOptions<Input, Output>,
): TaskDefinition<Input, Output> {
  const { input, output = null, run = null, ...rest } = options;
  for (const [field, schema] of [["input", input] as const, ["output", output] as const]) {
    if (schema === null && field === "output") continue;
    if (typeof schema?.safeParse !== "function")
      throw new TidegateError("INVALID", `${field} must be a zod schema`, { field });
  }
  if (run !== null && typeof run !== "function")
    throw new TidegateError("INVALID", "run must be a function", { field: "run" });
  return complete(input, output, readSettings(rest), run);
}

function complete<Input extends z.ZodType, Output extends z.ZodType>(
  input: Input,
  output: Output | null,
  settings: TaskSettings,
  run: RunTask<Input, Output> | null,
): TaskDefinition<Input, Output> {
  return {
    name: settings.name,
    input,
    output,
    settings,
    run,
    implement: (given) => complete(input, output, settings, given),
  };
}
