import { limits, moment, momentToMs, readResponse, TidegateError } from "@tidegate/contracts";
import { type Position, showMessage } from "@tidegate/core";
import { json } from "../answer.ts";
import { queryOf, type Route, readableTopicOf, wholeNumberOf } from "../route.ts";

const query = {
  from: "Where to start: an offset, `earliest` (default), `latest`, or `time:<milliseconds or ISO 8601>`.",
  limit: `At most so many messages, 1 to ${limits.readMessages} (default 100).`,
};

/** `GET /v1/topics/{topic}/partitions/{p}/messages`: reads without a group. */
export const readRoute: Route = {
  method: "GET",
  path: "/v1/topics/:topic/partitions/:partition/messages",
  permission: "consume-topic",
  summary: "Read a partition without a group (peek, replay)",
  query,
  answers: { 200: readResponse },
  async handle(call, services) {
    const topic = readableTopicOf(call);
    const partition = partitionOf(call.param("partition") ?? "");
    const given = queryOf(call, query);
    const from = positionOf(given.from ?? "earliest");
    const limit = wholeNumberOf(given, "limit", 1, limits.readMessages) ?? 100;
    const { messages, nextOffset, start, end } = await services
      .engineOf(call)
      .read(topic, partition, { from, limit });
    return json(200, { messages: messages.map(showMessage), nextOffset, start, end });
  },
};

function partitionOf(text: string): number {
  const partition = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (partition < limits.partitions) return partition;
  throw new TidegateError("INVALID", `partition must be a number below ${limits.partitions}`, {
    field: "partition",
    limit: limits.partitions - 1,
  });
}

function positionOf(text: string): Position {
  if (text === "earliest" || text === "latest") return text;
  if (/^\d+$/.test(text)) {
    const offset = Number(text);
    if (Number.isSafeInteger(offset)) return offset;
    throw new TidegateError("INVALID", `from is over ${Number.MAX_SAFE_INTEGER}`, {
      field: "from",
      limit: Number.MAX_SAFE_INTEGER,
    });
  }
  if (text.startsWith("time:")) {
    const time = text.slice("time:".length);
    const parsed = moment.safeParse(/^\d+$/.test(time) ? Number(time) : time);
    if (parsed.success) return { time: momentToMs(parsed.data) };
  }
  throw new TidegateError(
    "INVALID",
    "from must be an offset, earliest, latest, or time:<milliseconds or ISO 8601>",
    { field: "from" },
  );
}
