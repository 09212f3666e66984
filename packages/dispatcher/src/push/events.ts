import type { TidegateError } from "@tidegate/contracts";
import type { Verdict } from "../answer/verdict.ts";
import type { TaskVerdict } from "../http-tasks/judge-task-answer.ts";

/** Which group an event is about. */
export interface OfGroup {
  readonly topic: string;
  readonly group: string;
}

/** What happens while messages are pushed, for logs and counters. */
export type PushEvent =
  /**
   * A call has ended, whatever it came to: the kind of its verdict, and the status of its answer; null where it had none that could be
   * judged.
   */
  | (OfGroup & {
      readonly type: "called";
      readonly messages: number;
      readonly came: (Verdict | TaskVerdict)["kind"];
      readonly status: number | null;
      readonly ms: number;
    })
  /** A call was answered; `acknowledged` of its messages are done. */
  | (OfGroup & {
      readonly type: "answered";
      readonly messages: number;
      readonly acknowledged: number;
      readonly ms: number;
    })
  /** Messages were not handled, and what becomes of them. */
  | (OfGroup & {
      readonly type: "failed";
      readonly ids: readonly string[];
      readonly becomes: "retry" | "dead-letter";
      readonly reason: string;
    })
  /** The endpoint is left alone for so long; of HTTP tasks, what has this key. */
  | (OfGroup & {
      readonly type: "held";
      readonly key?: string;
      readonly forMs: number;
      readonly reason: string;
    })
  /** It answers again. */
  | (OfGroup & { readonly type: "resumed"; readonly key?: string })
  /** A result could not be kept; its message is done all the same. */
  | (OfGroup & { readonly type: "result-lost"; readonly ids: readonly string[]; readonly error: unknown })
  /** A call to Redis failed. It is repeated by itself. */
  | (Partial<OfGroup> & { readonly type: "error"; readonly error: TidegateError });

/** Told of events. What it throws is lost. */
export type OnPushEvent = (event: PushEvent) => void;

/** A listener that can be called anywhere. */
export function safely(listener: OnPushEvent | undefined): OnPushEvent {
  if (listener === undefined) return () => {};
  return (event) => {
    try {
      listener(event);
    } catch {
      // A listener must not end a delivery.
    }
  };
}
