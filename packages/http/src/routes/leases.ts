import {
  extendRequest,
  extendResponse,
  receiveRequest,
  receiveResponse,
  settleRequest,
  settleResponse,
  validate,
} from "@tidegate/contracts";
import { json } from "../answer.ts";
import { groupOf, type Route, topicOf } from "../route.ts";
import { readJson, readOptionalJson } from "../wire/read-json.ts";
import { receive } from "./receive.ts";
import { settle } from "./settle.ts";

const path = "/v1/topics/:topic/groups/:group";

/** Receive messages under leases, settle and extend the leases. */
export const leaseRoutes: readonly Route[] = [
  {
    method: "POST",
    path: `${path}/receive`,
    permission: "consume",
    summary: "Receive messages under leases; waits up to waitMs for the first",
    body: { schema: receiveRequest, optional: true },
    answers: { 200: receiveResponse },
    async handle(call, services) {
      const topic = topicOf(call);
      const group = groupOf(call);
      const request = validate(receiveRequest, await readOptionalJson(call));
      call.waitMs = request.waitMs ?? 0;
      return receive(call, services, topic, group, request);
    },
  },
  {
    method: "POST",
    path: `${path}/leases/:lease/settle`,
    permission: "consume",
    summary:
      "End a lease: acknowledge, retry, release or dead-letter its messages, with results for their tickets",
    body: { schema: settleRequest },
    answers: { 200: settleResponse },
    async handle(call, services) {
      const topic = topicOf(call);
      const group = groupOf(call);
      const request = validate(settleRequest, await readJson(call));
      const lease = call.param("lease") ?? "";
      return json(200, await settle(services.engineOf(call), topic, group, lease, request));
    },
  },
  {
    method: "POST",
    path: `${path}/leases/:lease/extend`,
    permission: "consume",
    summary: "Move the deadline of a lease; may acknowledge what is done so far",
    body: { schema: extendRequest, optional: true },
    answers: { 200: extendResponse },
    async handle(call, services) {
      const topic = topicOf(call);
      const group = groupOf(call);
      const request = validate(extendRequest, await readOptionalJson(call));
      const lease = call.param("lease") ?? "";
      const { deadline } = await services.engineOf(call).groups.extend(topic, group, lease, request);
      return json(200, { deadline });
    },
  },
];
