import {
  admissionResponse,
  heartbeatResponse,
  type JoinResponse,
  joinRequest,
  joinResponse,
  limits,
  line,
  lineSettings,
  lineView,
  momentToMs,
  TidegateError,
  validate,
  visitorRequest,
} from "@tidegate/contracts";
import type { Engine, LineStanding, Visitor } from "@tidegate/core";
import { type Answer, json, noContent } from "../answer.ts";
import type { Call } from "../call.ts";
import { type Route, type Services, topicOf } from "../route.ts";
import { readJson, readOptionalJson } from "../wire/read-json.ts";

const path = "/v1/topics/:topic/line";

/** A cache in front may keep it so long: polls of many visitors are few then. */
const viewHeaders = { "cache-control": "public, max-age=1" };
const visitorHeaders = { "cache-control": "no-store" };

/**
 * The waiting line in front of a topic's gate. What visitors call is open: they are browsers and have no token; what they
 * get are numbers, of which the line gives at most so many a second.
 */
export const lineRoutes: readonly Route[] = [
  {
    method: "PUT",
    path,
    permission: "admin",
    summary: "Make a topic's waiting line (201) or change it (200); another id begins a new one",
    body: { schema: lineSettings },
    answers: { 200: line, 201: line },
    async handle(call, services) {
      const topic = topicOf(call);
      const { opensAt, startsAt, ...settings } = validate(lineSettings, await readJson(call));
      const result = await services.engineOf(call).lines.put(topic, {
        ...settings,
        ...(opensAt !== undefined && { opensAt: momentToMs(opensAt) }),
        ...(startsAt !== undefined && { startsAt: momentToMs(startsAt) }),
      });
      return json(result.created ? 201 : 200, result.line);
    },
  },
  {
    method: "GET",
    path,
    permission: "open",
    summary: "Where the line stands, the same for everybody; a cache may keep it for a second",
    headers: { "If-None-Match": "The ETag of an earlier answer: 304 while nothing has changed since." },
    answers: { 200: lineView, 304: null },
    async handle(call, services) {
      const standing = await services.engineOf(call).lines.standing(topicOf(call));
      const headers = { ...viewHeaders, etag: etagOf(standing) };
      if (asksFor(call, headers.etag)) return { status: 304, headers, body: null };
      return withHeaders(json(200, standing.view), headers);
    },
  },
  {
    method: "DELETE",
    path,
    permission: "admin",
    summary: "End a topic's waiting line: publishers need no admission any more",
    answers: { 204: null },
    async handle(call, services) {
      await services.engineOf(call).lines.delete(topicOf(call));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/visitors`,
    permission: "open",
    summary: "Join the line (201), or get the number again that the visitor has (200)",
    body: { schema: joinRequest, optional: true },
    headers: { "Idempotency-Key": "A repeat under the same key, within ten minutes, gets the same number." },
    answers: { 200: joinResponse, 201: joinResponse },
    handle: join,
  },
  {
    method: "POST",
    path: `${path}/admission`,
    permission: "open",
    summary: "Get the admission of a visitor whose place was called",
    body: { schema: visitorRequest },
    answers: { 200: admissionResponse },
    async handle(call, services) {
      const topic = topicOf(call);
      const engine = services.engineOf(call);
      const admission = await engine.lines.admit(topic, await readVisitor(call, services, engine));
      const { place, expiresAt, at } = admission;
      const token = (await services.lineTokensOf(engine)).forAdmission(admission);
      return withHeaders(json(200, { admission: token, place, expiresAt, at }), visitorHeaders);
    },
  },
  {
    method: "POST",
    path: `${path}/heartbeat`,
    permission: "open",
    summary: "Tell that a visitor near the head of the line is still there",
    body: { schema: visitorRequest },
    answers: { 200: heartbeatResponse },
    async handle(call, services) {
      const topic = topicOf(call);
      const engine = services.engineOf(call);
      const visitor = await readVisitor(call, services, engine);
      return withHeaders(json(200, await engine.lines.heartbeat(topic, visitor)), visitorHeaders);
    },
  },
];

async function join(call: Call, services: Services): Promise<Answer> {
  const topic = topicOf(call);
  const { visitor: token } = validate(joinRequest, await readOptionalJson(call));
  const idempotencyKey = idempotencyKeyOf(call);
  const engine = services.engineOf(call);
  const tokens = await services.lineTokensOf(engine);
  if (token !== undefined) {
    const visitor = tokens.openVisitor(token);
    if (visitor === null) throw strangeVisitor();
    const { line, view } = await engine.lines.standing(topic);
    if (line === visitor.line) return answerJoin(200, token, { ...view, number: visitor.number });
    // The line that he knows is over: he joins the one that is there now.
  }
  const joined = await engine.lines.join(topic, { idempotencyKey });
  return answerJoin(joined.duplicate ? 200 : 201, tokens.forVisitor(joined), joined);
}

function answerJoin(
  status: number,
  visitor: string,
  { id, number, state }: Omit<JoinResponse, "visitor">,
): Answer {
  return withHeaders(json(status, { visitor, id, number, state }), visitorHeaders);
}

async function readVisitor(call: Call, services: Services, engine: Engine): Promise<Visitor> {
  const { visitor: token } = validate(visitorRequest, await readJson(call));
  const visitor = (await services.lineTokensOf(engine)).openVisitor(token);
  if (visitor === null) throw strangeVisitor();
  return visitor;
}

function strangeVisitor(): TidegateError {
  return new TidegateError("INVALID", "visitor was not made by this deployment", { field: "visitor" });
}

function idempotencyKeyOf(call: Call): string | undefined {
  const key = call.header("idempotency-key");
  if (key === null) return undefined;
  if (/^[\x20-\x7e]+$/.test(key) && key.length <= limits.idempotencyKeyBytes) return key;
  throw new TidegateError("INVALID", "Idempotency-Key must be 1 to 256 characters of visible ASCII", {
    field: "Idempotency-Key",
    limit: limits.idempotencyKeyBytes,
  });
}

/** Everything that a visitor goes by; the clock and the rate may be older. */
function etagOf({ line, view }: LineStanding): string {
  const { state, joined, shuffled, serving, head, opensAt, startsAt } = view;
  return `W/"${line}.${state}.${[joined, shuffled ?? "", serving, head, opensAt, startsAt].join(".")}"`;
}

function asksFor(call: Call, etag: string): boolean {
  const known = call.header("if-none-match")?.split(",") ?? [];
  return known.some((one) => one.trim() === etag);
}

function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
