import { publishRequest, publishResponse } from "@tidegate/contracts";
import type { Acks, AppendResult } from "@tidegate/core";
import type { Context } from "hono";
import { requestId } from "../middleware/request-id.ts";
import { jsonText, type Route, type Services, topicOf } from "../route.ts";
import { stockUnits, type Tickets } from "../tickets/ticket.ts";
import { isJsonBody } from "../wire/content-type.ts";
import { parseJson } from "../wire/parse-json.ts";
import { readPublish } from "../wire/read-publish.ts";
import { rawFieldHeaders, readRawPublish, refuseRawFields } from "../wire/read-raw-publish.ts";
import { refusedPublish } from "../wire/refused-publish.ts";

const defaultAcks: { acks?: Acks } = {};

/** `POST /v1/topics/{topic}/messages`: the one route whose cost counts in microseconds. */
export const publishRoute: Route = {
  method: "POST",
  path: "/v1/topics/:topic/messages",
  permission: "publish",
  summary: "Publish messages; 202 when all were admitted",
  body: { schema: publishRequest, alsoRaw: true },
  headers: rawFieldHeaders,
  answers: { 202: publishResponse },
  async handle(context, services) {
    const topic = topicOf(context);
    const { reader } = services;
    const contentType = reader.header(context, "content-type");
    const isJson = isJsonBody(contentType);
    if (isJson) refuseRawFields(context, reader);
    const body = await reader.body(context);
    const publish = isJson
      ? readPublish(parseJson(body))
      : readRawPublish(context, reader, contentType, body);
    const engine = services.engineOf(context);
    // Asked for in the same tick as the append, so that a cold process spends no further round trip on it.
    const tickets = services.ticketsOf(engine);
    if (tickets instanceof Promise) tickets.catch(() => {});
    const options = publish.acks === undefined ? defaultAcks : { acks: publish.acks };
    const result = await engine.append(topic, publish.messages, options);
    return answer(context, services, result, tickets instanceof Promise ? await tickets : tickets);
  },
};

function answer(context: Context, services: Services, result: AppendResult, tickets: Tickets): Response {
  const { outcomes, backlog, topic } = result;
  let places = "";
  for (let index = 0; index < outcomes.length; index++) {
    const outcome = outcomes[index]!;
    if (outcome.status === "refused")
      return refusedPublish(outcomes, topic, tickets, services.metrics, requestId(context));
    const { partition } = outcome;
    let offset: number | null = null;
    let ticket: string;
    if (outcome.status === "appended") {
      offset = outcome.offset;
      ticket = tickets.forOffset(topic, partition, outcome.offset, stockUnits);
    } else ticket = tickets.forDelayed(topic, partition, outcome.delayedId, stockUnits);
    const end = outcome.duplicate ? `","duplicate":true}` : `"}`;
    places += `${index === 0 ? "" : ","}{"partition":${partition},"offset":${offset},"ticket":"${ticket}${end}`;
  }
  services.metrics.messagesAdmitted += outcomes.length;
  // By hand, since nothing in it needs escaping: half the time of JSON.stringify.
  return jsonText(
    202,
    `{"messages":[${places}],"backlog":{"messages":${backlog.messages},"oldestMs":${backlog.oldestMs},"etaMs":${backlog.etaMs}}}`,
  );
}
