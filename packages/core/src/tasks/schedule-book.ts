import { type Context, run, send } from "../context.ts";
import { taskSchedulesKey } from "../keys.ts";
import { writeEntry } from "../redis/scripts.gen.ts";

/** How the schedules of tasks were set, as text by their id. What is planned next lies in BullMQ. */
export class ScheduleBook {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** What was set; null when there is no such schedule. */
  async read(task: string, id: string): Promise<string | null> {
    const text = await send(this.#context, "HGET", this.#key(task), id);
    return text === null ? null : (text as Buffer).toString();
  }

  /** All schedules of a task, by id. */
  async readAll(task: string): Promise<Map<string, string>> {
    const reply = (await send(this.#context, "HGETALL", this.#key(task))) as Buffer[];
    const found = new Map<string, string>();
    for (let at = 0; at < reply.length; at += 2) found.set(reply[at]!.toString(), reply[at + 1]!.toString());
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * Writes a schedule if it still reads as expected; null for one that is not there, or is to be removed. Answers whether it
   * was written.
   */
  async change(task: string, id: string, expected: string | null, value: string | null): Promise<boolean> {
    const keys = { registry: this.#key(task) };
    const args = { field: id, expected: expected ?? "", value: value ?? "" };
    return (await run(this.#context, writeEntry, keys, args)) === 1;
  }

  #key(task: string): string {
    return taskSchedulesKey(this.#context.space, task);
  }
}
