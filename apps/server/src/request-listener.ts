import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { ConsolePage } from "@tidegate/console";
import { TidegateError } from "@tidegate/contracts";
import { type Answer, type Api, problemAnswer } from "@tidegate/http";
import { type Admission, kindOf } from "./admission.ts";
import { malformedAnswer } from "./malformed-request.ts";
import { NodeCall } from "./node-call.ts";
import { showConsole } from "./show-console.ts";

/** A publish as it usually comes. What is written otherwise (a query, escapes) goes the way of every other request. */
const publishUrl = /^\/v1\/topics\/([A-Za-z0-9._-]+)\/messages$/;
/** A look at a ticket as it usually comes. */
const ticketUrl = /^\/v1\/tickets\/([A-Za-z0-9_-]+)$/;
/** What is answered at the door, but for the request's id: made once, since it is made when there is no time. */
const noId = "00000000-0000-4000-8000-000000000000";
const overloaded = problemAnswer(
  new TidegateError("OVERLOADED", "The server has more requests than it can answer in time", {
    retryAfterMs: 1_000,
  }),
  noId,
);
const [beforeId = "", afterId = ""] = (overloaded.body ?? "").split(noId);
/** A run of a task as it is usually enqueued. */
const enqueueUrl = /^\/v1\/tasks\/([A-Za-z0-9._-]+)$/;
/** How long the rest of a body is read that was answered before its end, so that the caller gets to see the answer. */
const drainMs = 500;

/**
 * Serves the API on Node, or says at once that it cannot. A publish, a look at a ticket and the enqueue of a task go from Node's request to
 * Node's response: the web's objects in between would cost them as much as parsing a body twice.
 */
export function requestListener(
  api: Api,
  hostname: string,
  admission: Admission,
  page: ConsolePage,
): RequestListener {
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
  const turnAway = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (outgoing.headersSent) return;
    admission.onTurnAway();
    answerOverloaded(incoming, outgoing);
  };
  return (incoming, outgoing) => {
    if (incoming.headers.host === undefined && incoming.httpVersion === "1.1") {
      write(outgoing, malformedAnswer("The header Host is missing", "Host"), { connection: "close" });
      return;
    }
    if (showConsole(page, incoming, outgoing)) return;
    const direct = directRoute(api, incoming);
    const kind = direct === null ? kindOf(incoming.url ?? "") : "work";
    const leave = admission.enter(incoming, kind, () => turnAway(incoming, outgoing));
    if (leave === null) {
      turnAway(incoming, outgoing);
      return;
    }
    outgoing.once("close", leave);
    if (direct === null) {
      void others(incoming, outgoing);
      return;
    }
    direct().then(
      (made) => {
        if (outgoing.headersSent) return;
        write(outgoing, made);
        if (!incoming.complete) setImmediate(drainRest, incoming);
      },
      () => outgoing.destroy(),
    );
  };
}

/** How to answer it past the app; null for what goes through the app. */
function directRoute(api: Api, incoming: IncomingMessage): (() => Promise<Answer>) | null {
  const { method, url = "" } = incoming;
  if (method === "POST") {
    const topic = publishUrl.exec(url)?.[1];
    if (topic !== undefined) return () => api.publish(new NodeCall(incoming, "topic", topic));
    const task = enqueueUrl.exec(url)?.[1];
    if (task !== undefined) return () => api.enqueue(new NodeCall(incoming, "task", task));
  } else if (method === "GET") {
    const ticket = ticketUrl.exec(url)?.[1];
    if (ticket !== undefined) return () => api.ticket(new NodeCall(incoming, "ticket", ticket));
  }
  return null;
}

function answerOverloaded(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const id = randomUUID();
  const headers = { ...overloaded.headers, "x-request-id": id };
  write(outgoing, { status: overloaded.status, headers, body: beforeId + id + afterId });
  if (!incoming.complete) setImmediate(drainRest, incoming);
}

function write(
  outgoing: ServerResponse,
  { status, headers, body }: Answer,
  more: Readonly<Record<string, string>> = {},
): void {
  const bodiless = status === 204 || status === 304;
  const length: Record<string, number> = bodiless ? {} : { "content-length": Buffer.byteLength(body ?? "") };
  outgoing.writeHead(status, { ...headers, ...length, ...more });
  outgoing.end(bodiless ? undefined : body);
}

/** Called at the end of the turn: what came with the head has been read by then, as nearly all bodies have. */
function drainRest(incoming: IncomingMessage): void {
  if (!incoming.complete && !incoming.destroyed) drain(incoming);
}

function drain(incoming: IncomingMessage): void {
  const tooLong = setTimeout(() => incoming.destroy(), drainMs);
  incoming.once("close", () => clearTimeout(tooLong));
  incoming.resume();
}
