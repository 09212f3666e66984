import type { TraceContext } from "@tidegate/tracing";

/** What lies in a BullMQ job of ours, in one `enqueue`, a flow or a schedule alike. */
export interface JobData {
  /** As it was enqueued, before the schema transforms it: the worker parses it. */
  readonly input: unknown;
  /** Gets the outcome when the run has completed. */
  readonly callbackUrl?: string;
  /** Gets the outcome when the run has failed for good. */
  readonly failureCallbackUrl?: string;
  /** How often an operator has begun the run anew: its end is told again then. */
  readonly life?: number;
  /** Where the trace stands in which it was enqueued. */
  readonly trace?: TraceContext;
}
