import { isTaskOver, type TaskStatus } from "@tidegate/contracts";
import { fingerprint } from "../events/fingerprint.ts";
import type { EventKind } from "../events/state-events.ts";

/** How a run is told: another state or attempt at once, progress now and then. */
export const taskEventKind: EventKind<TaskStatus> = {
  tagOf(status) {
    const { state, attempts, progress, finishedAt } = status;
    if (isTaskOver(state)) return `${state}-${attempts}-${finishedAt}`;
    return `${state}-${attempts}-${fingerprint(JSON.stringify([progress, status.runAt]))}`;
  },
  show: (status) => JSON.stringify(status),
  isFinal: ({ state }) => isTaskOver(state),
  isNews: (status, told) => status.state !== told.state || status.attempts !== told.attempts,
};
