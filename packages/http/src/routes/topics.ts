import { topic, topicDescription, topicList, topicSettings, validate } from "@tidegate/contracts";
import { readJson } from "../middleware/body.ts";
import { json, noContent, type Route, readableTopicOf, topicOf } from "../route.ts";

const path = "/v1/topics/:topic";

/** Create, change, list, describe and delete topics. */
export const topicRoutes: readonly Route[] = [
  {
    method: "PUT",
    path,
    permission: "admin",
    summary: "Create a topic (201) or change it (200)",
    body: { schema: topicSettings },
    answers: { 200: topic, 201: topic },
    async handle(context, services) {
      const name = topicOf(context);
      const settings = validate(topicSettings, await readJson(context, services.readBody));
      const result = await services.engineOf(context).topics.put(name, settings);
      return json(result.created ? 201 : 200, result.topic);
    },
  },
  {
    method: "GET",
    path: "/v1/topics",
    permission: "admin",
    summary: "List all topics by name",
    answers: { 200: topicList },
    async handle(context, services) {
      return json(200, { topics: await services.engineOf(context).topics.list() });
    },
  },
  {
    method: "GET",
    path,
    permission: "topic",
    summary: "Describe a topic: its settings, and what each partition holds",
    answers: { 200: topicDescription },
    async handle(context, services) {
      return json(200, await services.engineOf(context).topics.describe(readableTopicOf(context)));
    },
  },
  {
    method: "DELETE",
    path,
    permission: "admin",
    summary: "Delete a topic with its messages and groups",
    answers: { 204: null },
    async handle(context, services) {
      await services.engineOf(context).topics.delete(topicOf(context));
      return noContent();
    },
  },
];
