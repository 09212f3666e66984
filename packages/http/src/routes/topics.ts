import {
  type Topic,
  type TopicSettings,
  topic,
  topicDescription,
  topicList,
  topicSettings,
  validate,
} from "@tidegate/contracts";
import type { TopicSettings as EngineSettings, Topic as StoredTopic } from "@tidegate/core";
import { json, noContent } from "../answer.ts";
import { type Route, readableTopicOf, topicOf } from "../route.ts";
import { readJson } from "../wire/read-json.ts";

const path = "/v1/topics/:topic";

/** Create, change, list, describe and delete topics. */
export const topicRoutes: readonly Route[] = [
  {
    method: "PUT",
    path,
    permission: "admin",
    ownTime: true,
    summary: "Create a topic (201) or change it (200)",
    body: { schema: topicSettings },
    answers: { 200: topic, 201: topic },
    async handle(call, services) {
      const name = topicOf(call);
      const settings = validate(topicSettings, await readJson(call));
      const result = await services.engineOf(call).topics.put(name, engineSettings(settings));
      return json(result.created ? 201 : 200, showTopic(result.topic));
    },
  },
  {
    method: "GET",
    path: "/v1/topics",
    permission: "admin",
    summary: "List all topics by name",
    answers: { 200: topicList },
    async handle(call, services) {
      const topics = await services.engineOf(call).topics.list();
      return json(200, { topics: topics.map(showTopic) });
    },
  },
  {
    method: "GET",
    path,
    permission: "topic",
    summary: "Describe a topic: its settings, and what each partition holds",
    answers: { 200: topicDescription },
    async handle(call, services) {
      const described = await services.engineOf(call).topics.describe(readableTopicOf(call));
      const { partitionStates, gateState } = described;
      return json(200, { ...showTopic(described), partitionStates, gateState });
    },
  },
  {
    method: "DELETE",
    path,
    permission: "admin",
    ownTime: true,
    summary: "Delete a topic with its messages and groups",
    answers: { 204: null },
    async handle(call, services) {
      await services.engineOf(call).topics.delete(topicOf(call));
      return noContent();
    },
  },
];

/** The settings as the engine takes them: a limit by key without a window holds as long as the gate stands. */
function engineSettings({ gate, ...settings }: TopicSettings): EngineSettings {
  if (gate === undefined || gate === null) return gate === null ? { ...settings, gate } : settings;
  const { perKey, ...rest } = gate;
  if (perKey === undefined || perKey === null) return { ...settings, gate: { ...rest, perKey } };
  return {
    ...settings,
    gate: { ...rest, perKey: { limit: perKey.limit, windowMs: perKey.windowMs ?? null } },
  };
}

/** A topic without what only the engine needs to know. */
export function showTopic(stored: StoredTopic): Topic {
  const { name, topicId, version, partitions, placement, retention } = stored;
  const { maxMessageBytes, compression, gate, ticketGroup = null, createdAt } = stored;
  return {
    ...{ name, topicId, version, partitions, placement, retention },
    ...{ maxMessageBytes, compression, gate, ticketGroup, createdAt },
  };
}
