import { type Context, createContextKey } from "@opentelemetry/api";

/** The key by which the SDK's own packages keep their requests out of traces: what it is called is all that tells keys apart. */
const suppressed = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/**
 * Where instrumentations of HTTP clients make no span: ours says what theirs would, and they would put a second `traceparent` beside
 * ours, upon which the receiver must take neither.
 */
export function unobserved(context: Context): Context {
  return context.setValue(suppressed, true);
}
