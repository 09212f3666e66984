import type { Flow, FlowChange } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";

/** How a group's messages flow. Throws GROUP_NOT_FOUND. */
export async function readFlow(
  http: Http,
  topic: string,
  group: string,
  options: CallOptions = {},
): Promise<Flow> {
  const path = pathOf("topics", topic, "groups", group, "flow");
  return (await http.send<Flow>({ method: "GET", path, repeatable: true }, options)).body;
}

/** Changes how a group's messages flow; what is left out stays as it is. Throws GROUP_NOT_FOUND, INVALID. */
export async function changeFlow(
  http: Http,
  topic: string,
  group: string,
  change: FlowChange,
  options: CallOptions = {},
): Promise<Flow> {
  const path = pathOf("topics", topic, "groups", group, "flow");
  return (await http.send<Flow>({ method: "PUT", path, json: change, repeatable: true }, options)).body;
}
