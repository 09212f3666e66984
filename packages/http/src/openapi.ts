import * as contracts from "@tidegate/contracts";
import * as z from "zod";
import { json } from "./answer.ts";
import type { Route } from "./route.ts";

/** The schemas that the document names instead of repeating them. */
const named = {
  AuditReport: contracts.auditReport,
  Diagnosis: contracts.diagnosis,
  Finding: contracts.finding,
  Topic: contracts.topic,
  TopicDescription: contracts.topicDescription,
  TopicSettings: contracts.topicSettings,
  PublishRequest: contracts.publishRequest,
  PublishMessage: contracts.publishMessage,
  PublishResponse: contracts.publishResponse,
  StoredMessage: contracts.storedMessage,
  DeliveredMessage: contracts.deliveredMessage,
  Lease: contracts.lease,
  Group: contracts.group,
  GroupDescription: contracts.groupDescription,
  GroupSettings: contracts.groupSettings,
  SettleRequest: contracts.settleRequest,
  DeadLetter: contracts.deadLetter,
  Line: contracts.line,
  LineSettings: contracts.lineSettings,
  LineView: contracts.lineView,
  TicketStatus: contracts.ticketStatus,
  EnqueueRequest: contracts.enqueueRequest,
  TaskFlow: contracts.taskFlow,
  EnqueuedFlow: contracts.enqueuedFlow,
  TaskStatus: contracts.taskStatus,
  TaskDescription: contracts.taskDescription,
  TaskSchedule: contracts.taskSchedule,
  TaskScheduleSettings: contracts.taskScheduleSettings,
  HttpTaskRequest: contracts.httpTaskRequest,
  HttpTaskTarget: contracts.httpTaskTarget,
  HttpTaskStatus: contracts.httpTaskStatus,
  HttpSchedule: contracts.httpSchedule,
  Problem: contracts.problem,
} as const;

type JsonObject = Record<string, unknown>;

/** `GET /openapi.json`: the document of these routes, made when it is first asked for. */
export function openApiRoute(routes: readonly Route[]): Route {
  let document: JsonObject | null = null;
  const route: Route = {
    method: "GET",
    path: "/openapi.json",
    permission: "open",
    always: true,
    summary: "This document",
    answers: { 200: "application/json" },
    handle: () => {
      document ??= openApiDocument([...routes, route]);
      return json(200, document);
    },
  };
  return route;
}

function openApiDocument(routes: readonly Route[]): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const uri = (id: string) => `#/components/schemas/${id}`;
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri, unrepresentable: "any" });
  const schemaOf = (schema: z.ZodType): JsonObject => {
    const id = registry.get(schema)?.id;
    if (id !== undefined) return { $ref: uri(id) };
    return strip(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  };
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = openApiPath(route.path);
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(route, schemaOf);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Tidegate", version: "1", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, strip(schema)])),
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}

/** `/v1/topics/:topic` as `/v1/topics/{topic}`. */
export function openApiPath(path: string): string {
  return path.replace(/:(\w+)/g, "{$1}");
}

/** Without the keywords that belong to a schema document of its own. */
function strip({ $schema: _schema, $id: _id, ...rest }: JsonObject): JsonObject {
  return rest;
}

function operation(route: Route, schemaOf: (schema: z.ZodType) => JsonObject): JsonObject {
  const responses: JsonObject = {};
  for (const [status, answer] of Object.entries(route.answers))
    responses[status] = { description: "Success", ...contentOf(answer, schemaOf) };
  responses.default = {
    description: "A problem document (RFC 9457)",
    content: { "application/problem+json": { schema: schemaOf(contracts.problem) } },
  };
  const result: JsonObject = { summary: route.summary, responses };
  const parameters = parametersOf(route);
  if (parameters.length > 0) result.parameters = parameters;
  if (route.permission !== "open") result.security = [{ bearer: [] }];
  if (route.body !== undefined) {
    const content: JsonObject = { "application/json": { schema: schemaOf(route.body.schema) } };
    if (route.body.alsoRaw) content["*/*"] = {};
    result.requestBody = { required: route.body.optional !== true, content };
  }
  return result;
}

function contentOf(
  answer: z.ZodType | string | null,
  schemaOf: (schema: z.ZodType) => JsonObject,
): JsonObject {
  if (answer === null) return {};
  if (typeof answer === "string") return { content: { [answer]: {} } };
  return { content: { "application/json": { schema: schemaOf(answer) } } };
}

function parametersOf(route: Route): JsonObject[] {
  const text = { type: "string" };
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: text,
  }));
  const listed = (place: "query" | "header", all: Readonly<Record<string, string>> = {}) =>
    Object.entries(all).map(([name, description]) => ({ name, in: place, description, schema: text }));
  return [...inPath, ...listed("query", route.query), ...listed("header", route.headers)];
}
