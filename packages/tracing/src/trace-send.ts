import { context, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { failSpan, failSpanBy } from "./fail-span.ts";
import { type CarryingMessage, carry, commonContext, contextOf } from "./message-context.ts";
import { attributesOf, idOf, names } from "./span-attributes.ts";
import { contextOfSpan, linksTo, under } from "./span-context.ts";

/** What became of a message, as far as a span says it. */
export interface Sent {
  readonly status: "appended" | "delayed" | "refused";
  readonly partition?: number;
  readonly offset?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * Sends messages in a span `send <destination>`, whose context goes with those that have none of their own. It is made under what is
 * active here; where nothing is, under the context that all of them carry, so that a server's part stands in its caller's trace.
 */
export async function traceSend<
  Message extends CarryingMessage,
  Result extends { readonly outcomes: readonly Sent[] },
>(
  tracer: Tracer,
  destination: string,
  messages: readonly Message[],
  send: (messages: readonly Message[]) => Promise<Result>,
): Promise<Result> {
  const contexts = messages.map(({ headers }) => contextOf(headers));
  const own = contexts.includes(null);
  const active = context.active();
  const parent = trace.getSpanContext(active) === undefined ? under(commonContext(messages)) : active;
  const span = tracer.startSpan(
    `send ${destination}`,
    {
      // By the conventions: a producer where its context is that of messages.
      kind: own ? SpanKind.PRODUCER : SpanKind.CLIENT,
      attributes: {
        ...attributesOf("send", "send", { destination }),
        ...(messages.length > 1 && { [names.count]: messages.length }),
      },
      links: linksTo(contexts),
    },
    parent,
  );
  const made = own ? contextOfSpan(span) : null;
  try {
    const carried = made === null ? messages : carry(messages, made);
    const result = await context.with(trace.setSpan(parent, span), () => send(carried));
    const { outcomes } = result;
    if (outcomes.length === 1) span.setAttributes(placeOf(outcomes[0]!));
    const refused = outcomes.find(({ error }) => error !== undefined)?.error;
    if (refused !== undefined) failSpan(span, refused.code, refused.message);
    return result;
  } catch (thrown) {
    failSpanBy(span, thrown);
    throw thrown;
  } finally {
    span.end();
  }
}

function placeOf({ partition, offset }: Sent): Record<string, string | number> {
  if (partition === undefined) return {};
  if (offset === undefined) return { [names.partition]: String(partition) };
  return {
    [names.partition]: String(partition),
    [names.message]: idOf(partition, offset),
    [names.offset]: offset,
  };
}
