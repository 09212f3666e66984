import { deadLetterPage, limits, redriveRequest, redriveResponse, validate } from "@tidegate/contracts";
import { json } from "../answer.ts";
import { groupOf, queryOf, type Route, topicOf, wholeNumberOf } from "../route.ts";
import { readJson } from "../wire/read-json.ts";
import { showDeadLetters } from "../wire/show-dead-letters.ts";

const path = "/v1/topics/:topic/groups/:group/dead-letters";

const query = {
  partition: "Only those of this partition.",
  from: "Go on at this offset of the dead-letter log of the partition.",
  limit: `At most so many messages, 1 to ${limits.readMessages} (default 100).`,
};

/** List a group's dead letters and hand them to it again. */
export const deadLetterRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    permission: "consume",
    summary: "List the dead letters of a group",
    query,
    answers: { 200: deadLetterPage },
    async handle(call, services) {
      const topic = topicOf(call);
      const group = groupOf(call);
      const given = queryOf(call, query);
      const partition = wholeNumberOf(given, "partition", 0, limits.partitions - 1);
      const from = wholeNumberOf(given, "from", 0, Number.MAX_SAFE_INTEGER);
      const limit = wholeNumberOf(given, "limit", 1, limits.readMessages) ?? 100;
      const page = await services.engineOf(call).groups.deadLetters(topic, group, {
        ...(partition === undefined ? {} : { partition }),
        ...(from === undefined ? {} : { from }),
        limit,
      });
      return json(200, showDeadLetters(page));
    },
  },
  {
    method: "POST",
    path: `${path}/redrive`,
    permission: "consume",
    ownTime: true,
    summary: "Hand dead letters to the group again",
    body: { schema: redriveRequest },
    answers: { 200: redriveResponse },
    async handle(call, services) {
      const topic = topicOf(call);
      const group = groupOf(call);
      const what = validate(redriveRequest, await readJson(call));
      const { redriven } = await services.engineOf(call).groups.redrive(topic, group, what);
      return json(200, { redriven });
    },
  },
];
