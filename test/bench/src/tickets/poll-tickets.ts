import { sendRequests } from "../http-publish/load-generator.ts";
import { startStopwatch } from "../stopwatch.ts";

/** A ticket, and what its answer must have in it. */
export interface Poll {
  readonly ticket: string;
  readonly answer: string;
}

/** Which part of the polls is made before the clock starts, on a server that has just started. */
const coldPart = 1 / 4;

/** Polls so often, in an order that is no order, and returns how many polls a second it were once the server was warm. */
export async function measurePolls(
  url: string,
  count: number,
  pollOf: (index: number) => Poll,
): Promise<number> {
  const cold = Math.floor(count * coldPart);
  await pollTickets(url, 0, cold, pollOf);
  const rateOf = startStopwatch();
  await pollTickets(url, cold, count, pollOf);
  return rateOf(count - cold);
}

async function pollTickets(
  url: string,
  from: number,
  to: number,
  pollOf: (index: number) => Poll,
): Promise<void> {
  const { host } = new URL(url);
  const answers = new Map<string, string>();
  let next = from;
  const takeRequest = (): string | null => {
    if (next === to) return null;
    const { ticket, answer } = pollOf(next);
    next += 1;
    const request = `GET /v1/tickets/${ticket} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\n\r\n`;
    answers.set(request, answer);
    return request;
  };
  await sendRequests(url, takeRequest, (answer, request) => {
    const expected = answers.get(request)!;
    return answer.startsWith("HTTP/1.1 200 ") && answer.includes(expected);
  });
}
