import { type Attributes, context, type Span, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { failSpanBy } from "./fail-span.ts";
import { type CarryingMessage, contextOf } from "./message-context.ts";
import { attributesOf, attributesOfMessages, names, type Placed, type Traced } from "./span-attributes.ts";
import { linksTo, under } from "./span-context.ts";
import type { TraceContext } from "./trace-context.ts";

/** A message that a handler is called with. */
export type Processed = Placed & CarryingMessage;

/** What a handler's answer says of what becomes of messages; null: nothing, they are done. */
export type OutcomeOf = (answer: unknown) => string | null;

/** Calls a handler with one message, in a span `process <destination>` that is a child of the message's own context, and linked to it. */
export function traceProcess<Answer>(
  tracer: Tracer,
  traced: Traced,
  message: Processed,
  outcomeOf: OutcomeOf,
  handle: () => Answer,
): Answer {
  const attributes = attributesOfMessages(traced.partition, [message], false);
  return inSpan(tracer, traced, contextOf(message.headers), attributes, [message], outcomeOf, handle);
}

/** Calls a handler with a batch, in one span that is linked to the contexts of its messages, and child of none. */
export function traceBatch<Answer>(
  tracer: Tracer,
  traced: Traced,
  messages: readonly Processed[],
  outcomeOf: OutcomeOf,
  handle: () => Answer,
): Answer {
  const attributes = attributesOfMessages(traced.partition, messages, true);
  return inSpan(tracer, traced, null, attributes, messages, outcomeOf, handle);
}

function inSpan<Answer>(
  tracer: Tracer,
  traced: Traced,
  parent: TraceContext | null,
  attributes: Attributes,
  messages: readonly CarryingMessage[],
  outcomeOf: OutcomeOf,
  handle: () => Answer,
): Answer {
  // Not under what is active: a worker's loop runs on in the context of whoever started it.
  const above = under(parent);
  const span = tracer.startSpan(
    `process ${traced.destination}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: { ...attributesOf("process", "process", traced), ...attributes },
      links: linksTo(contextsOf(messages)),
    },
    above,
  );
  return runIn(span, () => context.with(trace.setSpan(above, span), handle), outcomeOf);
}

/** Calls what a span is about, and ends it when that has ended. A plain answer stays one: to wait for it would cost a turn. */
export function runIn<Answer>(span: Span, call: () => Answer, outcomeOf: OutcomeOf): Answer {
  let answer: Answer;
  try {
    answer = call();
  } catch (thrown) {
    endThrown(span, thrown, outcomeOf);
    throw thrown;
  }
  if (!isThenable(answer)) {
    endAnswered(span, answer, outcomeOf);
    return answer;
  }
  return answer.then(
    (value) => {
      endAnswered(span, value, outcomeOf);
      return value;
    },
    (thrown) => {
      endThrown(span, thrown, outcomeOf);
      throw thrown;
    },
  ) as Answer;
}

function endAnswered(span: Span, answer: unknown, outcomeOf: OutcomeOf): void {
  const outcome = outcomeOf(answer);
  if (outcome !== null) span.setAttribute(names.outcome, outcome);
  span.end();
}

/** What is thrown may be an answer as well, and then it is no error. */
function endThrown(span: Span, thrown: unknown, outcomeOf: OutcomeOf): void {
  const outcome = outcomeOf(thrown);
  if (outcome === null) failSpanBy(span, thrown);
  else span.setAttribute(names.outcome, outcome);
  span.end();
}

function* contextsOf(messages: readonly CarryingMessage[]): Generator<TraceContext | null> {
  for (const { headers } of messages) yield contextOf(headers);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
