export {
  type AdmissionResponse,
  type ErrorCode,
  type JoinResponse,
  type LineView,
  placeOf,
  type TaskStatus,
  type TicketStatus,
  TidegateError,
} from "@tidegate/contracts";
export { Client } from "./client.ts";
export type { DeadLetterQuery } from "./dead-letters.ts";
export { outcomesOf } from "./failure.ts";
export type { CallOptions, ClientOptions } from "./http.ts";
export type { ReceiveOptions } from "./leases.ts";
export { isPromisedSeed, type JoinOptions, WaitingLine } from "./line.ts";
export { keyBytes, valueBytes } from "./message-bytes.ts";
export type { OutgoingMessage } from "./outgoing-message.ts";
export type { PublishOptions, PublishRawOptions } from "./publish.ts";
export type { ReadQuery } from "./read.ts";
export type { RequestOptions } from "./request.ts";
export type { EnqueueOptions, Flow, Run, RunOptions } from "./tasks/enqueue.ts";
export type { FailedQuery, FailedTasks } from "./tasks/failed-tasks.ts";
export type { HttpTasks, OutgoingHttpTask } from "./tasks/http-tasks.ts";
export type { Schedules } from "./tasks/schedules.ts";
export type { InputOf, OutputOf, TaskLike } from "./tasks/task-like.ts";
export type { ScheduleSettings, TaskSchedules } from "./tasks/task-schedules.ts";
export type { RunsQuery, Tasks } from "./tasks/tasks.ts";
export type { RunQuery, WaitOptions } from "./tasks/wait-for-run.ts";
export type { TicketOptions } from "./tickets.ts";
export type { ClientTracing, TracedCall } from "./tracing.ts";
export type { TurnOptions } from "./wait-for-turn.ts";
export type { WatchOptions } from "./watch-states.ts";
