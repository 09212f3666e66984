import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { eventually } from "@tidegate/testkit";
import { afterAll, beforeAll } from "vitest";

const exporter = new InMemorySpanExporter();

/** Has an SDK in this process while the tests of a file run, as an application has, which keeps what it is given. */
export function withSdk(): void {
  beforeAll(install);
  // The next file may run in the same process.
  afterAll(() => {
    trace.disable();
    context.disable();
  });
}

function install(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
}

/** The spans of a trace that have ended, once those of these names are among them, each as often as it is named. */
export function spansOf(traceId: string, ...named: string[]): Promise<ReadableSpan[]> {
  return eventually(`the spans ${named.join(", ")}`, () => {
    const spans = exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
    const count = (name: string, names: readonly string[]) => names.filter((other) => other === name).length;
    const ended = spans.map(({ name }) => name);
    return named.every((name) => count(name, ended) >= count(name, named)) ? spans : null;
  });
}

/** The span of this name that is linked to a trace, once it has ended. */
export function spanLinkedTo(traceId: string, name: string): Promise<ReadableSpan> {
  return eventually(`a span ${name} with a link`, () =>
    exporter
      .getFinishedSpans()
      .find((span) => span.name === name && span.links.some((link) => link.context.traceId === traceId)),
  );
}

/** Does something in a span of the application's own, and tells its trace. */
export async function inTrace<T>(
  work: () => Promise<T>,
): Promise<{ traceId: string; spanId: string; result: T }> {
  return trace.getTracer("application").startActiveSpan("application", async (span) => {
    try {
      return { ...span.spanContext(), result: await work() };
    } finally {
      span.end();
    }
  });
}

/** The one span of this name. */
export function one(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const found = spans.filter((span) => span.name === name);
  if (found.length !== 1)
    throw new Error(`${found.length} spans ${name} among ${spans.map((span) => span.name)}`);
  return found[0]!;
}
