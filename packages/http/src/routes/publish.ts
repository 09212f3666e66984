import { publishRequest, publishResponse } from "@tidegate/contracts";
import { type Acks, type AppendResult, stockUnits, type Tickets, type Topic } from "@tidegate/core";
import { type Answer, jsonText } from "../answer.ts";
import type { Call } from "../call.ts";
import { readAdmissions } from "../line/read-admissions.ts";
import { requestId } from "../middleware/request-id.ts";
import { asTidegateError } from "../problem.ts";
import { type Route, type Services, topicOf } from "../route.ts";
import { inCallerTrace } from "../wire/caller-trace.ts";
import { isJsonBody } from "../wire/content-type.ts";
import { parseJson } from "../wire/parse-json.ts";
import { readPublish } from "../wire/read-publish.ts";
import { rawFieldHeaders, readRawPublish, refuseRawFields } from "../wire/read-raw-publish.ts";
import { refusedPublish } from "../wire/refused-publish.ts";
import { isFormPost, sendToSorryPage } from "../wire/send-to-sorry-page.ts";

const defaultAcks: { acks?: Acks } = {};

/** `POST /v1/topics/{topic}/messages`: the one route whose cost counts in microseconds. */
export const publishRoute: Route = {
  method: "POST",
  path: "/v1/topics/:topic/messages",
  permission: "publish",
  ownTime: true,
  summary: "Publish messages; 202 when all were admitted",
  body: { schema: publishRequest, alsoRaw: true },
  headers: {
    ...rawFieldHeaders,
    traceparent: "W3C Trace Context, with tracestate: taken along by the messages that have none.",
  },
  answers: { 202: publishResponse, 303: null },
  handle: publish,
};

/** Publishes what a request carries. */
export async function publish(call: Call, services: Services): Promise<Answer> {
  const topic = topicOf(call);
  const contentType = call.header("content-type");
  const isJson = isJsonBody(contentType);
  if (isJson) refuseRawFields(call);
  const body = await call.body();
  const carried = isJson ? readPublish(parseJson(body)) : readRawPublish(call, contentType, body);
  const { acks } = carried;
  const engine = services.engineOf(call);
  // Asked for in the same tick as the append, so that a cold process spends no further round trip on it.
  const tickets = services.ticketsOf(engine);
  if (tickets instanceof Promise) tickets.catch(() => {});
  const isForm = !isJson && isFormPost(call, contentType);
  try {
    const messages =
      carried.admissions === null && !mayBeWaived(call, services, engine.topics.known(topic))
        ? carried.messages
        : await readAdmissions(call, services, engine, carried);
    const options = acks === undefined ? defaultAcks : { acks };
    const result = await engine.append(topic, inCallerTrace(call, messages), options);
    return answer(call, result, tickets instanceof Promise ? await tickets : tickets, isForm);
  } catch (error) {
    const page = isForm ? sendToSorryPage(engine.topics.known(topic), asTidegateError(error)) : null;
    if (page === null) throw error;
    return page;
  }
}

/** Only a gate asks for admissions; who may publish without one has to say so. */
function mayBeWaived(call: Call, services: Services, known: Topic | undefined): boolean {
  return known?.gate !== null && services.isAdmin(call);
}

function answer(call: Call, result: AppendResult, tickets: Tickets, isForm: boolean): Answer {
  const { outcomes, backlog, topic } = result;
  let places = "";
  for (let index = 0; index < outcomes.length; index++) {
    const outcome = outcomes[index]!;
    if (outcome.status === "refused") {
      const problem = refusedPublish(outcomes, topic, tickets, requestId(call));
      return (isForm ? sendToSorryPage(topic, outcome.error) : null) ?? problem;
    }
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
  // By hand, since nothing in it needs escaping: half the time of JSON.stringify.
  return jsonText(
    202,
    `{"messages":[${places}],"backlog":{"messages":${backlog.messages},"oldestMs":${backlog.oldestMs},"etaMs":${backlog.etaMs}}}`,
  );
}
