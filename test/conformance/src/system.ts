import type { Flow, FlowChange, Line, LineView, TicketStatus, TidegateError } from "@tidegate/contracts";
import type {
  Acks,
  AppendResult,
  AuditReport,
  DeadLetterOptions,
  DeadLetterPage,
  DeliveredMessage,
  Group as EngineGroup,
  GroupDescription as EngineGroupDescription,
  Topic as EngineTopic,
  TopicDescription as EngineTopicDescription,
  ExtendOptions,
  GroupSettings,
  Lease,
  LineSettings,
  MessageHeader,
  Outcome,
  OutgoingMessage,
  Position,
  ReadResult,
  ReceiveOptions,
  RedriveTarget,
  SeekTarget,
  SettleResult,
  SigningKeys,
  TopicSettings,
} from "@tidegate/core";

export type {
  AuditReport,
  DeadLetterPage,
  DeliveredMessage,
  GroupSettings,
  Lease,
  MessageHeader,
  Outcome,
  OutgoingMessage,
  Position,
  ReadResult,
  ReceiveOptions,
  SettleResult,
  TopicSettings,
};

/** What every way shows of topics and groups: not what the engine keeps for itself. */
export type Topic = Omit<EngineTopic, "grown">;
export type TopicDescription = Omit<EngineTopicDescription, "grown">;
export type Group = Omit<EngineGroup, "groupId">;
export type GroupDescription = Omit<EngineGroupDescription, "groupId">;

/** How a group flows, and a change of it, as the wire has them. */
export type { Flow, FlowChange };

/** What became of a message that was published. `receipt` is what names it for a credit. */
export type Published =
  | { status: "appended"; partition: number; offset: number; duplicate: boolean; receipt: string }
  | { status: "delayed"; partition: number; offset: null; duplicate: boolean; receipt: string }
  | { status: "refused"; error: TidegateError };

/** Who has joined a waiting line: `visitor` proves it. */
export interface LineVisitor {
  readonly visitor: string;
  readonly number: number;
}

/** What a publish is answered with: an outcome for each message in order, and the line that they joined. */
export interface PublishAnswer {
  readonly outcomes: Published[];
  /** Null when something was refused: then not every way tells it. */
  readonly backlog: AppendResult["backlog"] | null;
}

/**
 * Tidegate as its users reach it, whichever way that is. Every failure is a TidegateError; what befell single messages of
 * a publish is among its outcomes.
 */
export interface System {
  putTopic(name: string, settings?: TopicSettings): Promise<{ topic: Topic; created: boolean }>;
  describeTopic(name: string): Promise<TopicDescription>;
  listTopics(): Promise<Topic[]>;
  deleteTopic(name: string): Promise<void>;

  publish(topic: string, messages: readonly OutgoingMessage[], acks?: Acks): Promise<PublishAnswer>;
  read(topic: string, partition: number, options: { from: Position; limit?: number }): Promise<ReadResult>;

  putGroup(
    topic: string,
    group: string,
    settings?: GroupSettings,
  ): Promise<{ group: Group; created: boolean }>;
  describeGroup(topic: string, group: string): Promise<GroupDescription>;
  listGroups(topic: string): Promise<Group[]>;
  deleteGroup(topic: string, group: string): Promise<void>;
  receive(
    topic: string,
    group: string,
    options?: ReceiveOptions,
  ): Promise<{ leases: Lease[]; paused: boolean }>;
  settle(topic: string, group: string, leaseId: string, outcome: Outcome): Promise<SettleResult>;
  extend(
    topic: string,
    group: string,
    leaseId: string,
    options: Pick<ExtendOptions, "ack"> & { leaseMs?: number },
  ): Promise<{ deadline: number }>;
  seek(topic: string, group: string, to: SeekTarget): Promise<void>;
  pause(topic: string, group: string): Promise<void>;
  resume(topic: string, group: string): Promise<void>;
  deadLetters(topic: string, group: string, options?: DeadLetterOptions): Promise<DeadLetterPage>;
  redrive(topic: string, group: string, what: RedriveTarget): Promise<{ redriven: number }>;
  flow(topic: string, group: string): Promise<Flow>;
  changeFlow(topic: string, group: string, change: FlowChange): Promise<Flow>;
  credit(topic: string, receipt: string): Promise<{ credited: boolean; admitted: number }>;

  /** What the ticket behind a receipt tells, after waiting so long for its state to change. */
  ticket(receipt: string, waitMs?: number): Promise<TicketStatus>;
  /** Keeps what a handler gave for a message, by the operator's engine where this way has none. */
  putResult(topic: string, group: string, partition: number, offset: number, value: unknown): Promise<void>;

  putLine(topic: string, settings: LineSettings): Promise<{ line: Line; created: boolean }>;
  viewLine(topic: string): Promise<LineView>;
  deleteLine(topic: string): Promise<void>;
  joinLine(topic: string, idempotencyKey: string): Promise<LineVisitor>;
  /** The admission of a visitor whose turn it is. */
  admitVisitor(topic: string, visitor: string): Promise<string>;
  heartbeat(topic: string, visitor: string): Promise<{ place: number; serving: number; near: boolean }>;
  /** Publishes one message as somebody who is no operator. Rejects when it is refused. */
  publishAsVisitor(topic: string, message: OutgoingMessage, admission: string | null): Promise<void>;

  signingKeys(): Promise<SigningKeys>;

  /** One round of housekeeping, by the operator's engine where this way has none. */
  housekeep(): Promise<void>;
  /** Recounts a topic, by the operator's engine where this way has none. */
  audit(topic: string): Promise<AuditReport>;

  /** The same Tidegate over another connection, with nothing remembered. Ended with this one. */
  connect(): Promise<System>;
  close(): Promise<void>;
}
