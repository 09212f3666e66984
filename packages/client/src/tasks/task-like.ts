/** A schema as far as types go: zod's, and whatever else follows Standard Schema. */
interface SchemaLike {
  readonly "~standard": {
    readonly types?: { readonly input: unknown; readonly output: unknown } | undefined;
  };
}

/** A definition of a task (`defineTask` of `@tidegate/tasks`): it types what goes in and comes out. */
export interface TaskLike {
  readonly name: string;
  readonly input: SchemaLike;
  readonly output: SchemaLike | null;
}

type TypesOf<Schema> = Schema extends SchemaLike ? NonNullable<Schema["~standard"]["types"]> : never;

/** What a task is given: of a name alone nothing is known. */
export type InputOf<Task extends TaskLike | string> = Task extends TaskLike
  ? TypesOf<Task["input"]>["input"]
  : unknown;

/** What a task returns. */
export type OutputOf<Task extends TaskLike | string> = Task extends TaskLike
  ? TypesOf<NonNullable<Task["output"]>>["output"]
  : unknown;

/** The name of a task that is given by its name, or by its definition. */
export function nameOf(task: TaskLike | string): string {
  return typeof task === "string" ? task : task.name;
}
