/**
 * Where one run of a task stands:
 * - `delayed`: its time has not come (first run, or the next attempt after a failure),
 * - `waiting`: for a worker, behind others,
 * - `waiting-children`: for the runs that it depends on,
 * - `running`: a worker has it,
 * - `completed`, `failed`: it has ended, and is kept for a set time,
 * - `cancelled`: somebody wanted no more of it.
 */
export const taskStates = [
  "delayed",
  "waiting",
  "waiting-children",
  "running",
  "completed",
  "failed",
  "cancelled",
] as const;
export type TaskState = (typeof taskStates)[number];

/** Whether nothing more will come of a run by itself. */
export function isTaskOver(state: TaskState): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}
