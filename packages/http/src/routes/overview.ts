import { overview, TidegateError, topicName, validate } from "@tidegate/contracts";
import { json } from "../answer.ts";
import { queryOf, type Route } from "../route.ts";

const eventsQuery = { watch: "What is on screen and is to be told closer: `topic:<name>`, at most one." };

/** Where all topics stand, at a cost that does not grow with their partitions. */
export const overviewRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/overview",
    permission: "admin",
    summary: "All topics and their groups, summed up over partitions; about a second old",
    answers: { 200: overview },
    async handle(call, services) {
      return json(200, await services.engineOf(call).figures.read());
    },
  },
  {
    method: "GET",
    path: "/v1/overview/events",
    permission: "admin",
    always: true,
    summary:
      "The same as server-sent events: `overview` first, `figures` each second in which something changed, `topic` of what is watched, `problem` while Redis cannot be asked",
    query: eventsQuery,
    answers: { 200: "text/event-stream" },
    handle(call, services) {
      const { watch } = queryOf(call, eventsQuery);
      const watched = watch === undefined ? null : watchedTopic(watch);
      if (services.overview === null)
        throw new TidegateError("NOT_SUPPORTED", "This server keeps no overview to look on");
      const headers = {
        "content-type": "text/event-stream; charset=UTF-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      };
      if (call.method === "HEAD") return { status: 200, headers, body: null };
      const { stopping } = services;
      const ends = stopping === null ? [call.signal] : [call.signal, stopping];
      return { status: 200, headers, body: null, stream: services.overview.open(watched, ends) };
    },
  },
];

function watchedTopic(watch: string): string {
  const named = /^topic:(.*)$/s.exec(watch);
  if (named === null)
    throw new TidegateError("INVALID", "watch is written as topic:<name>", {
      field: "watch",
      limit: "topic:<name>",
    });
  return validate(topicName, named[1], "watch");
}
