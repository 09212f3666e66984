export type { Admission } from "./append/admission.ts";
export type { AppendResult } from "./append/append-result.ts";
export type { Acks } from "./append/confirmation.ts";
export type { MessageHeader, OutgoingMessage } from "./append/message.ts";
export type { AppendOutcome, Backlog } from "./append/parcel.ts";
export type { AuditReport } from "./audit/audit.ts";
export type { Finding, FindingLevel } from "./doctor/finding.ts";
export { Engine, type EngineOptions } from "./engine.ts";
export type { TopicInFigures } from "./figures/describe-figures.ts";
export type { Figures, GroupFigures, Overview, TopicFigures } from "./figures/figures.ts";
export type { GroupDescription } from "./group-verbs/describe.ts";
export type { Groups } from "./group-verbs/groups.ts";
export type { SeekTarget } from "./group-verbs/seek.ts";
export type { AcquireOptions, Acquisition } from "./groups/acquire.ts";
export type { DeadLetter, DeadLetterOptions, DeadLetterPage, RedriveTarget } from "./groups/dead-letters.ts";
export { type Backoff, type Group, type GroupSettings, type Ordering, usesLanes } from "./groups/group.ts";
export type { GroupPartition, HeldLease } from "./groups/group-partition.ts";
export {
  type DeliveredMessage,
  type Lease,
  newLeaseId,
  type RangeLease,
  type Segment,
} from "./groups/lease.ts";
export type { Outcome } from "./groups/outcome.ts";
export type { Push, PushSettings } from "./groups/push-settings.ts";
export type {
  PerKey,
  PerKeySettings,
  Pin,
  PinSettings,
  RateLimit,
  RateSettings,
} from "./groups/rate-limit.ts";
export type { Received, ReceiveOptions } from "./groups/receive.ts";
export type { ExtendOptions, SettleResult } from "./groups/settle.ts";
export type { WaitOptions } from "./groups/waiting.ts";
export type { Health } from "./health.ts";
export type { FlowChange, FlowLimits, KeyChange } from "./lanes/flow.ts";
export type { LaneAcquisition } from "./lanes/group-lanes.ts";
export type { Holding, HoldOptions } from "./lanes/hold.ts";
export type { MessageOfLane } from "./lanes/hold-lane.ts";
export type { Flow, FlowKey } from "./lanes/read-flow.ts";
export type { LaneLease, TakeOptions } from "./lanes/take.ts";
export type { Line, LineSettings, LineStanding, Visitor } from "./line/line.ts";
export type { JoinOptions, Lines } from "./line/lines.ts";
export type { Meter } from "./meter.ts";
export type { Position } from "./read/position.ts";
export type { ReadOptions, ReadResult, StoredMessage } from "./read/read-log.ts";
export type { RedisConnection } from "./redis/connection.ts";
export { toTidegateError } from "./redis/errors.ts";
export { type RedisAddress, type RedisNode, readRedisAddress } from "./redis/redis-address.ts";
export { RedisWatch } from "./redis/redis-watch.ts";
export type { RedisUse } from "./redis-use.ts";
export type { KeptResult } from "./results/kept-result.ts";
export { type NewResult, type Results, resultText } from "./results/results.ts";
export type { SigningKeys } from "./signing-keys.ts";
export type { CancelledRuns, CancelWait, TaskRunName } from "./tasks/cancelled-runs.ts";
export type { RunRecord } from "./tasks/run-record.ts";
export type { ScheduleBook } from "./tasks/schedule-book.ts";
export type { TaskBook } from "./tasks/task-book.ts";
export type { Cancellation, FailedRange, FailedRun, PlainRun, TaskRuns } from "./tasks/task-runs.ts";
export { isSameText } from "./tickets/is-same-text.ts";
export { secretKeyFor } from "./tickets/secret-key.ts";
export { stockUnits, type Ticket, type TicketOrigin, Tickets } from "./tickets/ticket.ts";
export type { TicketBoard, TicketWait } from "./tickets/ticket-board.ts";
export type { TicketPlace, TicketStanding } from "./tickets/ticket-standing.ts";
export type { GateState, PartitionState, TopicDescription } from "./topics/describe-topic.ts";
export type { Gate, GateSettings, Placement, Retention, Topic, TopicSettings } from "./topics/topic.ts";
export type { CreditPlace, TopicCache, Topics } from "./topics/topics.ts";
export { fromBase64, toBase64 } from "./wire/base64.ts";
export {
  holdsAllNumbers,
  isTooDeep,
  maximumDepth,
  refuseUnheldNumbers,
  tooDeep,
} from "./wire/held-numbers.ts";
export { showDelivered, showMessage } from "./wire/show-message.ts";
export { type ValueForm, valueFormOf } from "./wire/value-form.ts";
