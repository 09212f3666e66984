import { context, SpanKind, trace } from "@opentelemetry/api";
import { activeTracer } from "./active-tracer.ts";
import { contextOfTexts } from "./message-context.ts";
import { attributesOf, attributesOfMessages, type Placed, type Traced } from "./span-attributes.ts";
import { linksTo, remoteSpan } from "./span-context.ts";
import { runIn } from "./trace-process.ts";

/** A message as a receive over HTTP or a pushed request shows it. */
export interface ReceivedMessage extends Placed {
  readonly headers?: Readonly<Record<string, unknown>>;
}

/**
 * Handles a message that was received or pushed over HTTP, in a span `process <topic>` that is linked to the message's own context:
 * a child of what is active, such as the span of the pushed request, else of that context. Without an SDK it only calls the handler.
 */
export function processReceived<Answer>(of: Traced, message: ReceivedMessage, handle: () => Answer): Answer {
  const tracer = activeTracer();
  if (tracer === null) return handle();
  const own = contextOfTexts(message.headers);
  const active = context.active();
  const above =
    own === null || trace.getSpanContext(active) !== undefined
      ? active
      : trace.setSpanContext(active, remoteSpan(own));
  const span = tracer.startSpan(
    `process ${of.destination}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...attributesOf("process", "process", of),
        ...attributesOfMessages(of.partition, [message], false),
      },
      links: linksTo([own]),
    },
    above,
  );
  return runIn(
    span,
    () => context.with(trace.setSpan(above, span), handle),
    () => null,
  );
}
