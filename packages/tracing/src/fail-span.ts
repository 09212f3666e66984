import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { names } from "./span-attributes.ts";

/** Says of a span what it ended with. `type` tells kinds of errors apart: a code, a status, a name. */
export function failSpan(span: Span, type: string, message?: string): void {
  span.setAttribute(names.error, type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}

/** Says of a span what was thrown out of it. */
export function failSpanBy(span: Span, thrown: unknown): void {
  if (thrown instanceof Error) span.recordException(thrown);
  failSpan(span, typeOf(thrown), thrown instanceof Error ? thrown.message : undefined);
}

function typeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "_OTHER";
  const { code } = thrown as { code?: unknown };
  return typeof code === "string" && code !== "" ? code : thrown.name;
}
