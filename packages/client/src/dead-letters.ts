import type { DeadLetterPage, RedriveRequest, RedriveResponse } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";

export interface DeadLetterQuery {
  partition?: number;
  /** Go on at this offset of the dead-letter log. */
  from?: number;
  limit?: number;
}

/** Lists a group's dead letters. */
export async function deadLetters(
  http: Http,
  topic: string,
  group: string,
  query: DeadLetterQuery = {},
  options: CallOptions = {},
): Promise<DeadLetterPage> {
  const path = pathOf("topics", topic, "groups", group, "dead-letters");
  return (
    await http.send<DeadLetterPage>({ method: "GET", path, query: { ...query }, repeatable: true }, options)
  ).body;
}

/** Hands dead letters to their group again. */
export async function redrive(
  http: Http,
  topic: string,
  group: string,
  what: RedriveRequest,
  options: CallOptions = {},
): Promise<RedriveResponse> {
  const path = pathOf("topics", topic, "groups", group, "dead-letters", "redrive");
  return (await http.send<RedriveResponse>({ method: "POST", path, json: what, repeatable: true }, options))
    .body;
}
