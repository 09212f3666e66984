import {
  group,
  groupDescription,
  groupList,
  groupSettings,
  momentToMs,
  type SeekRequest,
  seekRequest,
  validate,
} from "@tidegate/contracts";
import type { SeekTarget } from "@tidegate/core";
import { readJson } from "../middleware/body.ts";
import { groupOf, json, noContent, type Route, topicOf } from "../route.ts";

const path = "/v1/topics/:topic/groups/:group";

/** Create, change, describe, delete and steer groups. */
export const groupRoutes: readonly Route[] = [
  {
    method: "PUT",
    path,
    permission: "consume",
    summary: "Create a group (201) or change it (200)",
    body: { schema: groupSettings },
    answers: { 200: group, 201: group },
    async handle(context, services) {
      const topic = topicOf(context);
      const name = groupOf(context);
      const settings = validate(groupSettings, await readJson(context, services.reader));
      const result = await services.engineOf(context).groups.put(topic, name, settings);
      return json(result.created ? 201 : 200, result.group);
    },
  },
  {
    method: "GET",
    path: "/v1/topics/:topic/groups",
    permission: "consume-topic",
    summary: "List the groups of a topic by name",
    answers: { 200: groupList },
    async handle(context, services) {
      return json(200, { groups: await services.engineOf(context).groups.list(topicOf(context)) });
    },
  },
  {
    method: "GET",
    path,
    permission: "consume",
    summary: "Describe a group: its settings, lag, what is in flight, and who holds leases",
    answers: { 200: groupDescription },
    async handle(context, services) {
      const { groups } = services.engineOf(context);
      return json(200, await groups.describe(topicOf(context), groupOf(context)));
    },
  },
  {
    method: "DELETE",
    path,
    permission: "consume",
    summary: "Delete a group with its cursors and dead letters",
    answers: { 204: null },
    async handle(context, services) {
      await services.engineOf(context).groups.delete(topicOf(context), groupOf(context));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/seek`,
    permission: "consume",
    summary: "Move the group's cursors; its leases there are dropped",
    body: { schema: seekRequest },
    answers: { 204: null },
    async handle(context, services) {
      const topic = topicOf(context);
      const name = groupOf(context);
      const { to } = validate(seekRequest, await readJson(context, services.reader));
      await services.engineOf(context).groups.seek(topic, name, seekTarget(to));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/pause`,
    permission: "consume",
    summary: "Hand nothing out until the group is resumed",
    answers: { 204: null },
    async handle(context, services) {
      await services.engineOf(context).groups.pause(topicOf(context), groupOf(context));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/resume`,
    permission: "consume",
    summary: "Hand messages out again",
    answers: { 204: null },
    async handle(context, services) {
      await services.engineOf(context).groups.resume(topicOf(context), groupOf(context));
      return noContent();
    },
  },
];

function seekTarget(to: SeekRequest["to"]): SeekTarget {
  return typeof to === "object" && "timestamp" in to ? { timestamp: momentToMs(to.timestamp) } : to;
}
