import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Api } from "@tidegate/http";
import { malformedAnswer } from "./malformed-request.ts";
import { NodeCall } from "./node-call.ts";

/** A publish as it usually comes. What is written otherwise (a query, escapes) goes the way of every other request. */
const publishUrl = /^\/v1\/topics\/([A-Za-z0-9._-]+)\/messages$/;
/** How long the rest of a body is read that was answered before its end, so that the caller gets to see the answer. */
const drainMs = 500;

/**
 * Serves the API on Node. A publish goes from Node's request to Node's response: the web's objects in between would cost
 * it as much as parsing its body twice.
 */
export function requestListener(api: Api, hostname: string): RequestListener {
  const others = getRequestListener(api.app.fetch, {
    hostname,
    // Only what no URL can be made of comes here: the app answers its own errors.
    errorHandler: (error) => {
      const { status, headers, body } = malformedAnswer(
        error instanceof Error ? error.message : "Invalid URL",
      );
      return new Response(body, { status, headers });
    },
  });
  return (incoming, outgoing) => {
    if (incoming.headers.host === undefined && incoming.httpVersion === "1.1") {
      const { status, headers, body } = malformedAnswer("The header Host is missing", "Host");
      const length = Buffer.byteLength(body ?? "");
      outgoing.writeHead(status, { ...headers, "content-length": length, connection: "close" }).end(body);
      return;
    }
    const topic = incoming.method === "POST" ? publishUrl.exec(incoming.url ?? "")?.[1] : undefined;
    if (topic === undefined) void others(incoming, outgoing);
    else answerPublish(api, incoming, outgoing, topic).catch(() => outgoing.destroy());
  };
}

async function answerPublish(
  api: Api,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  topic: string,
): Promise<void> {
  const { status, headers, body } = await api.publish(new NodeCall(incoming, topic));
  outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body ?? "") });
  outgoing.end(body);
  if (!incoming.complete) drain(incoming);
}

function drain(incoming: IncomingMessage): void {
  const tooLong = setTimeout(() => incoming.destroy(), drainMs);
  incoming.once("close", () => clearTimeout(tooLong));
  incoming.resume();
}
