export { deadLetter, HandlerOutcome, release, result, retry } from "./outcome.ts";
export { type RequestOptions, request } from "./request.ts";
export { Worker } from "./worker.ts";
export type {
  LeaseExtended,
  LeaseLost,
  LeaseSettled,
  MessagesFailed,
  MessagesHandled,
  WorkerEvents,
  WorkerStopped,
} from "./worker-events.ts";
export type {
  BatchContext,
  BatchHandler,
  HandlerContext,
  MessageHandler,
  WorkerOptions,
} from "./worker-options.ts";
