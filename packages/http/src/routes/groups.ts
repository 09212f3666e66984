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
import { json, noContent } from "../answer.ts";
import { groupOf, type Route, topicOf } from "../route.ts";
import { readJson } from "../wire/read-json.ts";

const path = "/v1/topics/:topic/groups/:group";

/** Create, change, describe, delete and steer groups. */
export const groupRoutes: readonly Route[] = [
  {
    method: "PUT",
    path,
    permission: "consume",
    ownTime: true,
    summary: "Create a group (201) or change it (200)",
    body: { schema: groupSettings },
    answers: { 200: group, 201: group },
    async handle(call, services) {
      const topic = topicOf(call);
      const name = groupOf(call);
      const settings = validate(groupSettings, await readJson(call));
      const result = await services.engineOf(call).groups.put(topic, name, settings);
      return json(result.created ? 201 : 200, result.group);
    },
  },
  {
    method: "GET",
    path: "/v1/topics/:topic/groups",
    permission: "consume-topic",
    summary: "List the groups of a topic by name",
    answers: { 200: groupList },
    async handle(call, services) {
      return json(200, { groups: await services.engineOf(call).groups.list(topicOf(call)) });
    },
  },
  {
    method: "GET",
    path,
    permission: "consume",
    summary: "Describe a group: its settings, lag, what is in flight, and who holds leases",
    answers: { 200: groupDescription },
    async handle(call, services) {
      const { groups } = services.engineOf(call);
      return json(200, await groups.describe(topicOf(call), groupOf(call)));
    },
  },
  {
    method: "DELETE",
    path,
    permission: "consume",
    ownTime: true,
    summary: "Delete a group with its cursors and dead letters",
    answers: { 204: null },
    async handle(call, services) {
      await services.engineOf(call).groups.delete(topicOf(call), groupOf(call));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/seek`,
    permission: "consume",
    ownTime: true,
    summary: "Move the group's cursors; its leases there are dropped",
    body: { schema: seekRequest },
    answers: { 204: null },
    async handle(call, services) {
      const topic = topicOf(call);
      const name = groupOf(call);
      const { to } = validate(seekRequest, await readJson(call));
      await services.engineOf(call).groups.seek(topic, name, seekTarget(to));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/pause`,
    permission: "consume",
    ownTime: true,
    summary: "Hand nothing out until the group is resumed",
    answers: { 204: null },
    async handle(call, services) {
      await services.engineOf(call).groups.pause(topicOf(call), groupOf(call));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/resume`,
    permission: "consume",
    ownTime: true,
    summary: "Hand messages out again",
    answers: { 204: null },
    async handle(call, services) {
      await services.engineOf(call).groups.resume(topicOf(call), groupOf(call));
      return noContent();
    },
  },
];

function seekTarget(to: SeekRequest["to"]): SeekTarget {
  return typeof to === "object" && "timestamp" in to ? { timestamp: momentToMs(to.timestamp) } : to;
}
