import type { Attributes } from "@opentelemetry/api";

/** What a span is about. */
export interface Traced {
  /** A topic or a task. */
  readonly destination: string;
  readonly group?: string | undefined;
  readonly partition?: number | undefined;
}

/** Names of the semantic conventions for messaging; those that they leave to the system begin with `messaging.tidegate`. */
export const names = {
  system: "messaging.system",
  operation: "messaging.operation.name",
  type: "messaging.operation.type",
  destination: "messaging.destination.name",
  partition: "messaging.destination.partition.id",
  group: "messaging.consumer.group.name",
  count: "messaging.batch.message_count",
  message: "messaging.message.id",
  offset: "messaging.tidegate.message.offset",
  attempt: "messaging.tidegate.message.attempt",
  outcome: "messaging.tidegate.outcome",
  error: "error.type",
  status: "http.response.status_code",
  method: "http.request.method",
  address: "server.address",
  port: "server.port",
} as const;

/** What every span of ours says. */
export function attributesOf(
  operation: string,
  type: "send" | "receive" | "process" | null,
  { destination, group, partition }: Traced,
): Attributes {
  return {
    [names.system]: "tidegate",
    [names.operation]: operation,
    ...(type !== null && { [names.type]: type }),
    [names.destination]: destination,
    ...(group !== undefined && { [names.group]: group }),
    ...(partition !== undefined && { [names.partition]: String(partition) }),
  };
}

/** A message that lies in a partition. */
export interface Placed {
  readonly offset: number;
  readonly attempt?: number;
}

/** What a span of one message says, or of a batch. */
export function attributesOfMessages(
  partition: number | undefined,
  messages: readonly Placed[],
  batch: boolean,
): Attributes {
  if (batch) return { [names.count]: messages.length };
  const { offset, attempt } = messages[0]!;
  return {
    ...(partition !== undefined && { [names.message]: idOf(partition, offset) }),
    [names.offset]: offset,
    ...(attempt !== undefined && { [names.attempt]: attempt }),
  };
}

/** A message as pushed requests name it. The contract's own function would bring its schemas into a browser's bundle. */
export const idOf = (partition: number, offset: number): string => `${partition}-${offset}`;
