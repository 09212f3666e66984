import { Gauge, type Registry } from "prom-client";
import { other } from "./label-limit.ts";
import { type Refreshed, Scraped } from "./scraped.ts";

/** What is asked of tasks; `Tasks` of `@tidegate/tasks/producer` has it. */
export interface CountedTasks {
  list(): Promise<readonly { readonly name: string }[]>;
  describe(name: string): Promise<{ readonly counts: Readonly<Record<string, number>> }>;
}

/** Tasks are counted again after so long. */
const freshMs = 10_000;
/** Each costs Redis two commands. */
const mostTasks = 100;

/** Shows how many runs of tasks stand where, at each scrape. */
export function taskCountMetrics(registry: Registry, tasks: CountedTasks): Refreshed {
  const source = new Scraped(
    () => countRuns(tasks),
    freshMs,
    (counted) => {
      runs.reset();
      uncounted.set(counted?.uncounted ?? 0);
      for (const [task, counts] of counted?.runs ?? [])
        for (const [state, count] of Object.entries(counts)) runs.set({ task, state }, count);
    },
  );
  const collect = () => source.refresh();
  const registers = [registry];
  const runs = new Gauge({
    name: "tidegate_task_runs",
    help: "Runs of a task by state, of the namespace as a whole.",
    labelNames: ["task", "state"],
    registers,
    collect,
  });
  const uncounted = new Gauge({
    name: "tidegate_tasks_uncounted",
    help: `Tasks beyond the first ${mostTasks} by name, of which runs are not counted.`,
    registers,
    collect,
  });
  return source;
}

async function countRuns(tasks: CountedTasks) {
  const names = (await tasks.list()).map(({ name }) => name).sort();
  const told = names.filter((name) => name !== other).slice(0, mostTasks);
  const runs = await Promise.all(
    told.map(async (name) => [name, (await tasks.describe(name)).counts] as const),
  );
  return { runs, uncounted: names.length - told.length };
}
