import {
  flow,
  flowChange,
  validate,
  type Flow as WireFlow,
  type FlowKey as WireKey,
} from "@tidegate/contracts";
import { type Flow, type FlowChange, type FlowKey, fromBase64, toBase64 } from "@tidegate/core";
import { json } from "../answer.ts";
import { groupOf, type Route, topicOf } from "../route.ts";
import { readJson } from "../wire/read-json.ts";

const path = "/v1/topics/:topic/groups/:group/flow";

/** How fast a group's messages are handed out, altogether and by key. */
export const flowRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    permission: "consume",
    summary: "How a group flows: its limits, what waits and what is in flight, paused, pinned and busy keys",
    answers: { 200: flow },
    async handle(call, services) {
      return json(200, showFlow(await services.engineOf(call).groups.flow(topicOf(call), groupOf(call))));
    },
  },
  {
    method: "PUT",
    path,
    permission: "consume",
    summary: "Change how a group flows, at once and over all processes: limits, a pin over them, single keys",
    body: { schema: flowChange },
    answers: { 200: flow },
    async handle(call, services) {
      const topic = topicOf(call);
      const name = groupOf(call);
      const { keys, ...change } = validate(flowChange, await readJson(call));
      const wanted: FlowChange = {
        ...change,
        ...(keys && {
          keys: keys.map(({ key, keyBase64, ...rest }) => ({
            ...rest,
            key: keyBase64 === undefined ? new TextEncoder().encode(key) : fromBase64(keyBase64)!,
          })),
        }),
      };
      return json(200, showFlow(await services.engineOf(call).groups.changeFlow(topic, name, wanted)));
    },
  },
];

function showFlow({ window, keys, ...rest }: Flow): WireFlow {
  const blockedBy = window.blockedBy && textOf(window.blockedBy);
  return { ...rest, window: { ...window, blockedBy }, keys: keys.map(showKey) } as WireFlow;
}

function showKey({ key, ...rest }: FlowKey): WireKey {
  const text = key && textOf(key);
  return { key: text, ...(key && text === null && { keyBase64: toBase64(key) }), ...rest } as WireKey;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
