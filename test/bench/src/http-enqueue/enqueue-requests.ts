import { connections, sendRequests } from "../http-publish/load-generator.ts";
import type { MessageSet } from "../message-set.ts";
import { startStopwatch } from "../stopwatch.ts";

export const taskName = "bench";
export const enqueuePath = `/v1/tasks/${taskName}`;

/** Which part of the runs is enqueued before the clock starts, on a server that has just started. */
const coldPart = 1 / 4;

/** Enqueues a run for each message and returns how many a second it were, once the server was warm. */
export async function measureEnqueues(url: string, messages: MessageSet): Promise<number> {
  const cold = Math.floor(messages.count * coldPart);
  await enqueueOverHttp(url, messages, 0, cold);
  const rateOf = startStopwatch();
  await enqueueOverHttp(url, messages, cold, messages.count);
  return rateOf(messages.count - cold);
}

export const load = `one run a request, ${connections} connections`;

async function enqueueOverHttp(url: string, messages: MessageSet, from: number, to: number): Promise<void> {
  const { host } = new URL(url);
  let next = from;
  const takeRequest = (): string | null => {
    if (next === to) return null;
    const [text] = messages.texts(next, next + 1);
    next += 1;
    const body = `{"input":{"text":"${text}"}}`;
    return `POST ${enqueuePath} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
  await sendRequests(url, takeRequest, (answer) => answer.startsWith("HTTP/1.1 202 "));
}
