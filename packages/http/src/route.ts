import {
  groupName,
  isTopicName,
  readableTopicName,
  type SigningKeys,
  TidegateError,
  topicName,
  validate,
} from "@tidegate/contracts";
import type { Engine, Tickets } from "@tidegate/core";
import type * as z from "zod";
import type { Answer } from "./answer.ts";
import type { ApiMetrics } from "./api-metrics.ts";
import type { Call, WebCall } from "./call.ts";
import type { LineTokens } from "./line/line-tokens.ts";
import type { Permission } from "./middleware/tokens.ts";
import type { OverviewHub } from "./overview/overview-hub.ts";
import type { HttpTaskProducer } from "./tasks/http-task-producer.ts";
import type { TaskProducer } from "./tasks/task-producer.ts";

/** What a route works with. One for an app; nothing in it belongs to a request. */
export interface Services {
  readonly engineOf: (call: Call) => Engine;
  readonly ticketsOf: (engine: Engine) => Tickets | Promise<Tickets>;
  readonly lineTokensOf: (engine: Engine) => LineTokens | Promise<LineTokens>;
  /** Throws NOT_SUPPORTED where the app was given none. */
  readonly tasksOf: (call: Call) => TaskProducer;
  /** Throws NOT_SUPPORTED where the app was given none. */
  readonly httpTasksOf: (call: Call) => HttpTaskProducer;
  /** Throws FORBIDDEN unless the caller's scopes allow a task that the body names. */
  readonly requireTask: (call: Call, task: string) => void;
  /** Whether callers need a token at all. */
  readonly asksTokens: boolean;
  /** Whether the caller's token has the scope `admin`. Where no tokens are known, nobody's has. */
  readonly isAdmin: (call: Call) => boolean;
  /** Null where nobody counts. */
  readonly metrics: ApiMetrics | null;
  /** Null where nobody looks on. */
  readonly overview: OverviewHub | null;
  /** Configured keys of pushed requests; null: the engine derives them. */
  readonly signingKeys: SigningKeys | null;
  /** Aborted when the process stops: what waits answers at once. */
  readonly stopping: AbortSignal | null;
}

/** One route: what the app binds, and what the OpenAPI document says about it. */
export interface Route {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** In Hono's form: `/v1/topics/:topic`. */
  readonly path: string;
  readonly permission: Permission;
  /** Whether the scope `read` does not do, though it only reads: what is signed with, what costs Redis much. */
  readonly adminOnly?: true;
  /** Whether it is answered even when Redis is not: how the process is. */
  readonly always?: true;
  /** Whether the engine bounds its time: a publish's as a whole, what goes from partition to partition step by step. */
  readonly ownTime?: true;
  readonly summary: string;
  /** The JSON body; `optional` when an empty body stands for an empty object. */
  readonly body?: { readonly schema: z.ZodType; readonly optional?: true; readonly alsoRaw?: true };
  /** Query parameters and request headers by name, with a sentence each. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses of success, with the schema of their JSON, a media type of other text, or null for no body. */
  readonly answers: Readonly<Record<number, z.ZodType | string | null>>;
  readonly handle: (call: WebCall, services: Services) => Answer | Promise<Answer>;
}

/** The topic of the path, for what creates or writes it. */
export function topicOf(call: Call): string {
  const topic = call.param("topic");
  // The schema says the same, more slowly.
  if (topic !== undefined && topic !== "" && isTopicName(topic)) return topic;
  return validate(topicName, topic, "topic");
}

/** The topic of the path, for what reads it: dead-letter logs as well. */
export function readableTopicOf(call: Call): string {
  return validate(readableTopicName, call.param("topic"), "topic");
}

/** The group of the path. */
export function groupOf(call: Call): string {
  return validate(groupName, call.param("group"), "group");
}

/** Ends what waits for the caller: when he hangs up, and when the process stops. */
export function signalOf(hangUp: AbortSignal, { stopping }: Services): AbortSignal {
  return stopping === null ? hangUp : AbortSignal.any([hangUp, stopping]);
}

/** The query of a request; a parameter that the route does not know, or given twice, is refused. */
export function queryOf(call: WebCall, known: Readonly<Record<string, string>>): Record<string, string> {
  const all = call.queries();
  const query: Record<string, string> = {};
  for (const name of Object.keys(all)) {
    if (!Object.hasOwn(known, name))
      throw new TidegateError("INVALID", `${name} is not a known query parameter`, { field: name });
    if (all[name]!.length > 1) throw new TidegateError("INVALID", `${name} is given twice`, { field: name });
    query[name] = all[name]![0]!;
  }
  return query;
}

/** A query parameter as a whole number, or undefined when it is not given. */
export function wholeNumberOf(
  query: Record<string, string>,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new TidegateError("INVALID", `${name} must be a whole number from ${minimum} to ${maximum}`, {
    field: name,
    limit: value < minimum ? minimum : maximum,
  });
}
