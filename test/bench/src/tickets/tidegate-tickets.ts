import { connections } from "../http-publish/load-generator.ts";
import type { Contestant } from "../scenario.ts";
import { startServerChild } from "../server-child.ts";
import { topic, withEngine } from "../tidegate.ts";
import { measurePolls, type Poll } from "./poll-tickets.ts";

const partitions = 4;
const messagesARequest = 1000;

/** The server as its users run it: every poll is of another message in the line. */
export const tidegateTickets: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `apps/server, ${partitions} partitions, a line of as many messages as polls, ${connections} connections`,
  measure: async ({ startRedis, messages }) => {
    const redis = await startRedis();
    return withEngine(redis, { partitions }, async (engine) => {
      await engine.groups.put(topic, "readers");
      const server = await startServerChild(new URL("../tidegate-main.ts", import.meta.url), redis.url);
      try {
        const polls = await publish(server.url, messages.count, (from, to) => messages.texts(from, to));
        return [await measurePolls(server.url, polls.length, (index) => polls[index]!)];
      } finally {
        await server.stop();
      }
    });
  },
};

/** Publishes all and returns their tickets with the positions that they must be answered with. */
async function publish(
  url: string,
  count: number,
  textsOf: (from: number, to: number) => string[],
): Promise<Poll[]> {
  const polls: Poll[] = [];
  for (let from = 0; from < count; from += messagesARequest) {
    const texts = textsOf(from, Math.min(count, from + messagesARequest));
    const response = await fetch(`${url}/v1/topics/${topic}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages: texts.map((value) => ({ value })) }),
    });
    const answer = (await response.json()) as { messages: { offset: number; ticket: string }[] };
    for (const { offset, ticket } of answer.messages) polls.push({ ticket, answer: `"position":${offset},` });
  }
  return polls;
}
