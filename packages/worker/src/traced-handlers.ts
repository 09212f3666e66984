import { activeTracer, traceBatch, traceProcess } from "@tidegate/tracing";
import { HandlerOutcome } from "./outcome.ts";
import type { BatchHandler, MessageHandler } from "./worker-options.ts";

/** A handler each call of which is a span while an SDK is installed; else it costs a comparison more. */
export function tracedHandler(handler: MessageHandler): MessageHandler {
  return (message, context) => {
    const tracer = activeTracer();
    if (tracer === null) return handler(message, context);
    const { topic: destination, group, partition } = context;
    const of = { destination, group, partition };
    return traceProcess(tracer, of, message, outcomeOf, () => handler(message, context));
  };
}

/** The same for a batch. */
export function tracedBatchHandler(handler: BatchHandler): BatchHandler {
  return (messages, context) => {
    const tracer = activeTracer();
    if (tracer === null) return handler(messages, context);
    const { topic: destination, group, partition } = context;
    const of = { destination, group, partition };
    return traceBatch(tracer, of, messages, outcomeOf, () => handler(messages, context));
  };
}

/** What a handler decided otherwise than by success; a result is one. */
function outcomeOf(answer: unknown): string | null {
  return answer instanceof HandlerOutcome && answer.result === null ? answer.kind : null;
}
