/** Where a trace stands, as W3C Trace Context writes it: what travels in messages and requests. */
export interface TraceContext {
  readonly traceparent: string;
  /** Null: none. */
  readonly tracestate: string | null;
}

/** The headers of messages and of requests. */
export const traceHeaders = { parent: "traceparent", state: "tracestate" } as const;

/** Longer ones need not be carried on by the standard. */
const stateLength = 512;

const version00 = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
/** Of a later version what stands in front is known, and more may follow. */
const laterVersion =
  /^(?!00|ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-[\x21-\x7e]{0,200})?$/;
const listOfMembers = /^[\x20-\x7e\t]+$/;

/**
 * Reads what a caller sent. What is no traceparent is none: a trace is never a reason to refuse anything. A tracestate that is too
 * long or no text is left out.
 */
export function readTraceContext(
  traceparent: string | null | undefined,
  tracestate: string | null | undefined,
): TraceContext | null {
  if (traceparent === null || traceparent === undefined) return null;
  if (!version00.test(traceparent) && !laterVersion.test(traceparent)) return null;
  return { traceparent, tracestate: isState(tracestate) ? tracestate : null };
}

function isState(text: string | null | undefined): text is string {
  return typeof text === "string" && text.length <= stateLength && listOfMembers.test(text);
}

/** Whether a message's header carries its trace. Names of headers are told apart by case, those two are not. */
export function isTraceHeader(name: string): boolean {
  if (name.length !== traceHeaders.parent.length && name.length !== traceHeaders.state.length) return false;
  const lower = name.toLowerCase();
  return lower === traceHeaders.parent || lower === traceHeaders.state;
}
