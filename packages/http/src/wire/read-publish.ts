import { type Acks, limits, publishRequest, TidegateError, validate } from "@tidegate/contracts";
import type { OutgoingMessage } from "@tidegate/core";
import { malformed, readAdmission, readMessage } from "./read-message.ts";

/** A publish as the engine takes it. */
export interface Publish {
  readonly messages: OutgoingMessage[];
  readonly acks: Acks | undefined;
  /** By message, as they came; null when none carries one. */
  readonly admissions: readonly (string | undefined)[] | null;
}

/**
 * Reads the JSON body of a publish.
 *
 * The schema `publishRequest` says what is valid; here each field is checked by hand, at a fraction of the schema's
 * cost, and the schema is asked only about a body that fails, for the error. A test holds the two to one verdict.
 */
export function readPublish(body: unknown): Publish {
  try {
    return readByHand(body);
  } catch (error) {
    if (error !== malformed) throw error;
  }
  validate(publishRequest, body);
  throw new TidegateError("INVALID", "The body is not a publish", { field: "body" });
}

function readByHand(body: unknown): Publish {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw malformed;
  let acks: Acks | undefined;
  let list: unknown;
  for (const name in body) {
    const field = (body as Record<string, unknown>)[name];
    if (name === "messages") list = field;
    else if (name === "acks" && (field === "leader" || field === "replicas" || field === "fsync"))
      acks = field;
    else throw malformed;
  }
  if (!Array.isArray(list) || list.length === 0) throw malformed;
  if (list.length > limits.requestMessages) throw tooMany(list.length);
  const messages = new Array<OutgoingMessage>(list.length);
  let admissions: (string | undefined)[] | null = null;
  for (let index = 0; index < list.length; index++) {
    messages[index] = readMessage(list[index], index);
    const admission = readAdmission(list[index]);
    if (admission === undefined) continue;
    admissions ??= [];
    admissions[index] = admission;
  }
  return { messages, acks, admissions };
}

function tooMany(count: number): TidegateError {
  return new TidegateError(
    "REQUEST_TOO_LARGE",
    `messages: ${count} in one request, at most ${limits.requestMessages}`,
    { field: "messages", limit: limits.requestMessages },
  );
}
