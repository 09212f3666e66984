export { activeTracer } from "./active-tracer.ts";
export { clientTracing, type TracedCall } from "./client-tracing.ts";
export {
  type CarriedHeader,
  type CarryingMessage,
  carry,
  commonContext,
  contextOf,
  contextOfTexts,
} from "./message-context.ts";
export type { Placed, Traced } from "./span-attributes.ts";
export { isTraceHeader, readTraceContext, type TraceContext, traceHeaders } from "./trace-context.ts";
export { type OutcomeOf, type Processed, traceBatch, traceProcess } from "./trace-process.ts";
export { carryInRequest, type PushCall, type TracedPush, tracePush } from "./trace-push.ts";
export { processReceived, type ReceivedMessage } from "./trace-received.ts";
export { type Sent, traceSend } from "./trace-send.ts";
export { traceEnqueue, traceRun } from "./trace-task.ts";
