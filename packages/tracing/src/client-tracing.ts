import { context, type Link, type Span, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { activeTracer } from "./active-tracer.ts";
import { failSpanBy } from "./fail-span.ts";
import { contextOfTexts } from "./message-context.ts";
import { attributesOf, idOf, names } from "./span-attributes.ts";
import { contextOfSpan, linksTo } from "./span-context.ts";
import { traceHeaders } from "./trace-context.ts";
import { unobserved } from "./unobserved.ts";

/** A call of a client, as it tells who traces it. */
export interface TracedCall {
  readonly operation: "send" | "receive";
  /** A topic or a task. */
  readonly destination: string;
  readonly group?: string;
  /** What is sent. */
  readonly messages?: readonly { readonly headers?: Readonly<Record<string, unknown>> }[];
  /** Address of the server. */
  readonly server: string;
}

/** What an answer shows of messages, if it shows any. */
interface Shown {
  readonly body?: {
    readonly id?: string;
    readonly messages?: readonly { readonly partition: number; readonly offset: number | null }[];
    readonly leases?: readonly {
      readonly messages: readonly { readonly headers?: Readonly<Record<string, unknown>> }[];
    }[];
  };
}

/**
 * For `new Client({ tracing: clientTracing })`: a span for each call that sends or receives messages or tasks, in the trace that is
 * active, whose context the request carries on. Costs nothing while no SDK is installed.
 */
export const clientTracing = {
  /** Runs a call; it is given headers to send along. */
  trace<Answer>(
    call: TracedCall,
    run: (headers: Readonly<Record<string, string>>) => Promise<Answer>,
  ): Promise<Answer> {
    const tracer = activeTracer();
    return tracer === null ? run({}) : inSpan(tracer, call, run);
  },
};

async function inSpan<Answer>(
  tracer: Tracer,
  call: TracedCall,
  run: (headers: Readonly<Record<string, string>>) => Promise<Answer>,
): Promise<Answer> {
  const span = tracer.startSpan(`${call.operation} ${call.destination}`, {
    kind: call.operation === "send" ? SpanKind.PRODUCER : SpanKind.CLIENT,
    attributes: attributesOfCall(call),
    links: linksTo((call.messages ?? []).map(({ headers }) => contextOfTexts(headers))),
  });
  try {
    const within = unobserved(trace.setSpan(context.active(), span));
    const answer = await context.with(within, () => run(headersOf(span)));
    show(span, call, answer as Shown);
    return answer;
  } catch (thrown) {
    failSpanBy(span, thrown);
    throw thrown;
  } finally {
    span.end();
  }
}

function attributesOfCall({ operation, destination, group, messages, server }: TracedCall) {
  const { hostname, port } = new URL(server);
  return {
    ...attributesOf(operation, operation, { destination, group }),
    ...(messages !== undefined && messages.length > 1 && { [names.count]: messages.length }),
    [names.address]: hostname,
    ...(port !== "" && { [names.port]: Number(port) }),
  };
}

function headersOf(span: Span): Record<string, string> {
  const made = contextOfSpan(span);
  if (made === null) return {};
  return {
    [traceHeaders.parent]: made.traceparent,
    ...(made.tracestate !== null && { [traceHeaders.state]: made.tracestate }),
  };
}

/** What is known only when the call was answered. */
function show(span: Span, { operation }: TracedCall, { body }: Shown): void {
  if (operation === "receive") {
    const messages = (body?.leases ?? []).flatMap((lease) => lease.messages);
    span.setAttribute(names.count, messages.length);
    const links: Link[] = linksTo(messages.map(({ headers }) => contextOfTexts(headers)));
    span.addLinks(links);
  } else if (body?.messages?.length === 1) {
    const { partition, offset } = body.messages[0]!;
    span.setAttribute(names.partition, String(partition));
    if (offset === null) return;
    span.setAttributes({ [names.message]: idOf(partition, offset), [names.offset]: offset });
  } else if (body?.id !== undefined) span.setAttribute(names.message, body.id);
}
