import type { TaskError } from "@tidegate/contracts";

/** Which run an event is about. */
export interface OfRun {
  readonly task: string;
  readonly id: string;
}

/** What happens in a worker of tasks, for logs and counters. */
export type TaskEvent =
  /** A run has ended well; `ms` is the time of its last attempt. */
  | (OfRun & { readonly type: "completed"; readonly ms: number })
  /** An attempt came to nothing, and what becomes of the run. */
  | (OfRun & { readonly type: "failed"; readonly becomes: "retry" | "failed"; readonly error: TaskError })
  /** A run was wanted no more, and has ended. */
  | (OfRun & { readonly type: "cancelled" })
  /** A stop gave it back, as if it had not been begun. */
  | (OfRun & { readonly type: "released" })
  /** It was taken for dead here, and another has it now. */
  | (OfRun & { readonly type: "lost" })
  /** A handler goes on though its attempt is over. */
  | (OfRun & { readonly type: "abandoned" })
  /** A callback could not be published, and will not be. */
  | (OfRun & { readonly type: "callback-lost"; readonly url: string; readonly error: unknown })
  /** A run of a worker that died was put back for another. */
  | (OfRun & { readonly type: "stalled" })
  /** A call to Redis failed. It is repeated by itself. */
  | { readonly type: "error"; readonly task?: string; readonly error: unknown };

/** Told of events. What it throws is lost. */
export type OnTaskEvent = (event: TaskEvent) => void;

/** A listener that can be called anywhere. */
export function safely(listener: OnTaskEvent | undefined): OnTaskEvent {
  if (listener === undefined) return () => {};
  return (event) => {
    try {
      listener(event);
    } catch {
      // A listener must not end a run.
    }
  };
}
