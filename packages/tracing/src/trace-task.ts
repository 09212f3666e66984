import { context, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { failSpanBy } from "./fail-span.ts";
import { attributesOf, names } from "./span-attributes.ts";
import { contextOfSpan, linksTo, remoteSpan, under } from "./span-context.ts";
import type { TraceContext } from "./trace-context.ts";
import { type OutcomeOf, runIn } from "./trace-process.ts";

/**
 * Enqueues runs in a span `send <task>`. They go with the context that came from elsewhere, else with that of the span.
 * @param came what the caller of a server sent; null: nothing
 */
export async function traceEnqueue<Made>(
  tracer: Tracer,
  task: string,
  runs: number | null,
  came: TraceContext | null,
  enqueue: (context: TraceContext | null) => Promise<Made>,
): Promise<Made> {
  const active = context.active();
  const parent = trace.getSpanContext(active) === undefined ? under(came) : active;
  const span = tracer.startSpan(
    `send ${task}`,
    {
      kind: came === null ? SpanKind.PRODUCER : SpanKind.CLIENT,
      attributes: {
        ...attributesOf("send", "send", { destination: task }),
        ...(runs !== null && { [names.count]: runs }),
      },
      links: linksTo([came]),
    },
    parent,
  );
  try {
    const made = await context.with(trace.setSpan(parent, span), () => enqueue(came ?? contextOfSpan(span)));
    if (runs === null) span.setAttribute(names.message, (made as { id: string }).id);
    return made;
  } catch (thrown) {
    failSpanBy(span, thrown);
    throw thrown;
  } finally {
    span.end();
  }
}

/** Carries a run out in a span `process <task>`, a child of the context that it was enqueued with, and linked to it. */
export function traceRun<Answer>(
  tracer: Tracer,
  task: string,
  run: { readonly id: string; readonly attempt: number; readonly context: TraceContext | null },
  outcomeOf: OutcomeOf,
  carryOut: () => Answer,
): Answer {
  const above = under(run.context);
  const span = tracer.startSpan(
    `process ${task}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...attributesOf("process", "process", { destination: task }),
        [names.message]: run.id,
        [names.attempt]: run.attempt,
      },
      links: run.context === null ? [] : [{ context: remoteSpan(run.context) }],
    },
    above,
  );
  return runIn(span, () => context.with(trace.setSpan(above, span), carryOut), outcomeOf);
}
