import { connect, type Socket } from "node:net";
import type { MessageSet } from "../message-set.ts";
import { startStopwatch } from "../stopwatch.ts";
import { type PublishKind, publishBody, publishPath } from "./publish-requests.ts";

export const connections = 64;

/** Which part of the messages is published before the clock starts, on a server that has just started. */
const coldPart = 1 / 4;

/** Publishes all messages and returns how many a second it were, once the server was warm. */
export async function measurePublishes(
  url: string,
  messages: MessageSet,
  kind: PublishKind,
): Promise<number> {
  const cold = Math.floor(messages.count * coldPart);
  await publishOverHttp(url, messages, kind, 0, cold);
  const rateOf = startStopwatch();
  await publishOverHttp(url, messages, kind, cold, messages.count);
  return rateOf(messages.count - cold);
}

/**
 * Sends each message as a request over connections that are kept, the next when the last is answered. It takes less
 * of the machine than a general HTTP client: what is measured is the server. Throws unless every answer is a 202.
 */
async function publishOverHttp(
  url: string,
  messages: MessageSet,
  kind: PublishKind,
  from: number,
  to: number,
): Promise<void> {
  const { hostname, port } = new URL(url);
  let next = from;
  const takeRequest = (): string | null => {
    if (next === to) return null;
    const body = publishBody(messages, next, kind);
    next += 1;
    return `POST ${publishPath} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
  await sendRequests(url, takeRequest, (answer) => answer.startsWith("HTTP/1.1 202 "));
}

/**
 * Sends requests over connections that are kept, each the next when its last one is answered, until there is none. Throws
 * unless every answer is right.
 */
export async function sendRequests(
  url: string,
  takeRequest: () => string | null,
  isRight: (answer: string, request: string) => boolean,
): Promise<void> {
  const { hostname, port } = new URL(url);
  await Promise.all(
    Array.from({ length: connections }, () => sendAll(connect(Number(port), hostname), takeRequest, isRight)),
  );
}

function sendAll(
  socket: Socket,
  takeRequest: () => string | null,
  isRight: (answer: string, request: string) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = "";
    let request: string | null = null;
    const send = () => {
      request = takeRequest();
      if (request !== null) return socket.write(request, "latin1");
      socket.end();
      resolve();
    };
    socket.setNoDelay(true);
    socket.once("connect", send);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed a connection")));
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
      const head = answer.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(answer)?.[1]);
      if (answer.length < head + 4 + length) return;
      if (Number.isNaN(length) || !isRight(answer, request!)) {
        reject(new Error(`a request was answered with ${answer}`));
        socket.destroy();
        return;
      }
      answer = "";
      send();
    });
  });
}
