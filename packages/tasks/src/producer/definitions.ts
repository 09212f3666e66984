import { TidegateError, taskName, validate } from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { AnyTask } from "../define/define-task.ts";
import { type KnownTask, knownFromBook, knownFromDefinition } from "./known-task.ts";

/** Tasks as workers made them known, to share between the short-lived producers of an isolate. */
export type TaskCache = Map<string, CachedTask>;

interface CachedTask {
  readonly task: KnownTask | null;
  readonly text: string | null;
  readonly readAt: number;
}

/** How old what was read may be: a worker's new definition is noticed so soon, and a new task sooner. */
const freshMs = 5_000;
const absentMs = 500;
/** So many tasks are remembered, of which most may be names that nobody knows. */
const mostCached = 10_000;

/** Which tasks there are: those of this process, else what workers have made known. */
export class Definitions {
  readonly #own: ReadonlyMap<string, KnownTask>;
  readonly #book: TaskBook;
  readonly #cache: TaskCache;
  readonly #reading = new Map<string, Promise<KnownTask | null>>();

  constructor(own: readonly AnyTask[], book: TaskBook, cache: TaskCache) {
    this.#own = new Map(own.map((task) => [task.name, knownFromDefinition(task)]));
    this.#book = book;
    this.#cache = cache;
  }

  /** The task, at once when it is known. @throws TASK_NOT_FOUND, INVALID for what can be no task's name */
  find(name: string): KnownTask | Promise<KnownTask> {
    const own = this.#own.get(name);
    if (own !== undefined) return own;
    const cached = this.#cache.get(name);
    if (cached !== undefined && Date.now() - cached.readAt < (cached.task === null ? absentMs : freshMs))
      return required(cached.task, name);
    return this.#read(name).then((task) => required(task, name));
  }

  /** All names, in order. */
  async names(): Promise<string[]> {
    const published = await this.#book.readDefinitions();
    return [...new Set([...this.#own.keys(), ...published.keys()])].sort();
  }

  #read(name: string): Promise<KnownTask | null> {
    const under = this.#reading.get(name);
    if (under !== undefined) return under;
    const reading = this.#load(name).finally(() => this.#reading.delete(name));
    this.#reading.set(name, reading);
    return reading;
  }

  async #load(name: string): Promise<KnownTask | null> {
    validate(taskName, name, "task");
    const text = await this.#book.readDefinition(name);
    const before = this.#cache.get(name);
    // A schema is worth keeping: to make one of JSON costs as much as hundreds of checks.
    const same = before !== undefined && before.text === text;
    const task = same ? before.task : text === null ? null : knownFromBook(name, text);
    if (this.#cache.size >= mostCached) this.#cache.clear();
    this.#cache.set(name, { task, text, readAt: Date.now() });
    return task;
  }
}

function required(task: KnownTask | null, name: string): KnownTask {
  if (task !== null) return task;
  throw new TidegateError("TASK_NOT_FOUND", `No task ${name} is known here`, { task: name });
}
