import { limits } from "@tidegate/contracts";
import { readTraceContext, type TraceContext, traceHeaders } from "./trace-context.ts";

/** A header of a message, as the engine has it. */
export interface CarriedHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** What is needed of a message to put a trace into it. */
export interface CarryingMessage {
  readonly headers?: readonly CarriedHeader[] | undefined;
}

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** The context that a message carries; null when it has none, or one that is none. */
export function contextOf(headers: readonly CarriedHeader[] | undefined): TraceContext | null {
  const parent = find(headers, traceHeaders.parent);
  if (parent === undefined) return null;
  const state = find(headers, traceHeaders.state);
  return readTraceContext(textOf(parent), state === undefined ? null : textOf(state));
}

/** The context that a message carries which was read over HTTP, where headers of text are strings. */
export function contextOfTexts(headers: Readonly<Record<string, unknown>> | undefined): TraceContext | null {
  const parent = headers?.[traceHeaders.parent];
  if (typeof parent !== "string") return null;
  const state = headers?.[traceHeaders.state];
  return readTraceContext(parent, typeof state === "string" ? state : null);
}

/** The context that all of them carry; null when they differ, or one has none. */
export function commonContext(messages: readonly CarryingMessage[]): TraceContext | null {
  const first = contextOf(messages[0]?.headers);
  if (first === null) return null;
  for (let index = 1; index < messages.length; index += 1)
    if (contextOf(messages[index]!.headers)?.traceparent !== first.traceparent) return null;
  return first;
}

/**
 * Puts a context into each message that has none. One that would grow over a limit of headers goes without the tracestate, or
 * without both: no message becomes too large by it. Messages are not changed but replaced.
 */
export function carry<Message extends CarryingMessage>(
  messages: readonly Message[],
  context: TraceContext,
): Message[] {
  const parent = header(traceHeaders.parent, context.traceparent);
  const state = context.tracestate === null ? null : header(traceHeaders.state, context.tracestate);
  // Messages of one call often have the same headers.
  let before: readonly CarriedHeader[] | undefined;
  let after: readonly CarriedHeader[] | null = null;
  return messages.map((message) => {
    if (after === null || message.headers !== before) {
      before = message.headers;
      after = extended(before ?? [], parent, state);
    }
    return after === before ? message : { ...message, headers: after };
  });
}

function extended(
  headers: readonly CarriedHeader[],
  parent: CarriedHeader,
  state: CarriedHeader | null,
): readonly CarriedHeader[] {
  if (find(headers, traceHeaders.parent) !== undefined) return headers;
  // A state belongs to its parent alone.
  const own = headers.filter(({ key }) => key.toLowerCase() !== traceHeaders.state);
  const both = state === null ? null : [...own, parent, state];
  if (both !== null && fits(both)) return both;
  const one = [...own, parent];
  return fits(one) ? one : headers;
}

function fits(headers: readonly CarriedHeader[]): boolean {
  if (headers.length > limits.headers) return false;
  let bytes = 0;
  for (const { key, value } of headers) bytes += utf8.encode(key).length + (value?.length ?? 0);
  return bytes <= limits.headersBytes;
}

function find(headers: readonly CarriedHeader[] | undefined, name: string): CarriedHeader | undefined {
  if (headers === undefined) return undefined;
  for (const one of headers) if (one.key.length === name.length && one.key.toLowerCase() === name) return one;
  return undefined;
}

const header = (key: string, value: string): CarriedHeader => ({ key, value: utf8.encode(value) });
const textOf = ({ value }: CarriedHeader): string | null => (value === null ? null : text.decode(value));
