import { httpTaskGroup, httpTaskTopic } from "@tidegate/contracts";
import type { DeliveredMessage, Topic } from "@tidegate/core";
import { HttpTaskCaller } from "../http-tasks/http-task-caller.ts";
import type { MessageOutcome } from "./message-outcome.ts";
import type { PushEnvironment } from "./push-environment.ts";
import { Pusher, type PushGroup } from "./pusher.ts";

/** Calls for the messages of one group. */
export interface Deliverer {
  /** As last seen. */
  readonly group: PushGroup;
  /** Goes by these settings from the next call on. */
  change(group: PushGroup): Promise<void>;
  /** Calls for messages of one partition, once. Resolves with an outcome for each, in order. Never throws. */
  push(
    partition: number,
    messages: readonly DeliveredMessage[],
    signal: AbortSignal | null,
  ): Promise<MessageOutcome[]>;
}

/** Whether the messages of a group say themselves where they go: of this one alone, by its name. */
export function isHttpTasks(topic: string, group: string): boolean {
  return topic === httpTaskTopic && group === httpTaskGroup;
}

/** What delivers the messages of a group. */
export function delivererOf(environment: PushEnvironment, topic: Topic, group: PushGroup): Deliverer {
  return isHttpTasks(topic.name, group.name)
    ? new HttpTaskCaller(environment, topic, group)
    : new Pusher(environment, topic, group);
}
