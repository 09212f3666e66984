import { type Tracer, type TracerProvider, trace } from "@opentelemetry/api";

/** Under which name spans of Tidegate are told apart from those of others. */
const scope = "tidegate";

/** What stands for the provider before an SDK sets one. */
interface Delegating {
  getDelegate?(): TracerProvider;
  getDelegateTracer?(name: string): Tracer | undefined;
}

let known: unknown = null;
let tracer: Tracer | null = null;

/**
 * The tracer of the SDK that is installed now; null where there is none. Asked for on paths that count in nanoseconds: without an
 * SDK it is a comparison, and whoever gets null makes no span, no context and no header.
 */
export function activeTracer(): Tracer | null {
  const provider = trace.getTracerProvider() as TracerProvider & Delegating;
  // Of a provider that stands for another it is the other that changes.
  const delegate = provider.getDelegate === undefined ? provider : provider.getDelegate();
  if (delegate === known) return tracer;
  known = delegate;
  tracer =
    (provider.getDelegateTracer === undefined
      ? provider.getTracer(scope)
      : provider.getDelegateTracer(scope)) ?? null;
  return tracer;
}
