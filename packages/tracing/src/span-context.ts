import {
  type Context,
  createTraceState,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from "@opentelemetry/api";
import type { TraceContext } from "./trace-context.ts";

/** A span's place as it travels; null for a span that is none. */
export function contextOfSpan(span: Span): TraceContext | null {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return null;
  const flags = (traceFlags & 0xff).toString(16).padStart(2, "0");
  const state = traceState?.serialize() ?? "";
  return {
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    tracestate: state === "" || state.length > 512 ? null : state,
  };
}

/** The span elsewhere that a travelling context names. */
export function remoteSpan({ traceparent, tracestate }: TraceContext): SpanContext {
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53, 55), 16) & 1,
    isRemote: true,
    ...(tracestate !== null && { traceState: createTraceState(tracestate) }),
  };
}

/** What a span is made under whose parent is elsewhere; null: it begins a trace. */
export function under(parent: TraceContext | null): Context {
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remoteSpan(parent));
}

/** SDKs keep no more links of a span than so many. */
const mostLinks = 128;

/** Links to where messages were made, one for each place. */
export function linksTo(contexts: Iterable<TraceContext | null>): Link[] {
  const links = new Map<string, Link>();
  for (const context of contexts) {
    if (context === null || links.has(context.traceparent)) continue;
    links.set(context.traceparent, { context: remoteSpan(context) });
    if (links.size === mostLinks) break;
  }
  return [...links.values()];
}
