import type { TidegateError } from "@tidegate/contracts";
import { type Answer, noContent } from "../answer.ts";
import type { WebCall } from "../call.ts";
import { asTidegateError } from "../problem.ts";
import type { Services } from "../route.ts";

/** What is no news is told at most so often. */
const detailEveryMs = 1_000;
const heartbeatMs = 15_000;
/** After how long a browser whose stream has ended asks again. */
const retryMs = 2_000;
/** Events that may wait for a slow reader; what comes then is left out until he has read. */
const waitingEvents = 16;

/** How the states of something are told. */
export interface EventKind<State> {
  /** Tells two states apart; visible ASCII. */
  tagOf(state: State): string;
  /** JSON in one line. */
  show(state: State): string;
  isFinal(state: State): boolean;
  /** Whether the difference is told at once, however often there is one. */
  isNews(state: State, told: State): boolean;
}

/** What is told of one thing. */
export interface EventSource<State> {
  readonly kind: EventKind<State>;
  /** What was seen first. */
  readonly first: State;
  /** What each further look finds; null where nothing may watch: then the stream ends at once, and is asked for again. */
  readonly watch: ((signal: AbortSignal) => AsyncIterable<State>) | null;
}

/** Answers with server-sent events; with 204 who knows the final state, since a browser asks again for ever. */
export function eventAnswer<State>(call: WebCall, services: Services, source: EventSource<State>): Answer {
  const { kind, first } = source;
  if (kind.isFinal(first) && call.header("last-event-id") === kind.tagOf(first)) return noContent();
  const headers = {
    "content-type": "text/event-stream; charset=UTF-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  };
  if (call.method === "HEAD") return { status: 200, headers, body: null };
  const { stopping } = services;
  const ends = stopping === null ? [call.signal] : [call.signal, stopping];
  return { status: 200, headers, body: null, stream: stateEvents(source, ends) };
}

/**
 * States as server-sent events: `state` at each change, a comment now and then so that nobody in between takes the
 * connection for dead, and the end after a final state. `problem` is the last event when there is nothing left to watch.
 */
export function stateEvents<State>(
  { kind, first, watch }: EventSource<State>,
  ends: readonly AbortSignal[],
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const over = new AbortController();
  const end = () => over.abort();
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (text: string) => {
          if (!over.signal.aborted) controller.enqueue(encoder.encode(text));
        };
        const isSlow = () => (controller.desiredSize ?? 1) <= 0;
        send(`retry: ${retryMs}\n${stateEvent(kind, first)}`);
        const heartbeat = setInterval(() => {
          if (!isSlow()) send(":\n\n");
        }, heartbeatMs);
        for (const signal of ends) {
          signal.addEventListener("abort", end, { once: true });
          if (signal.aborted) end();
        }
        const told =
          watch === null || kind.isFinal(first)
            ? Promise.resolve()
            : tell(kind, first, watch(over.signal), send, isSlow);
        told
          .catch((thrown: unknown) => send(problemEvent(asTidegateError(thrown))))
          .finally(() => {
            clearInterval(heartbeat);
            for (const signal of ends) signal.removeEventListener("abort", end);
            end();
            try {
              controller.close();
            } catch {
              // The reader was first.
            }
          });
      },
      cancel: end,
    },
    { highWaterMark: waitingEvents },
  );
}

/** News at once; of details the latest, now and then. */
async function tell<State>(
  kind: EventKind<State>,
  first: State,
  states: AsyncIterable<State>,
  send: (text: string) => void,
  isSlow: () => boolean,
): Promise<void> {
  let told = first;
  let toldAt = Date.now();
  let latest = first;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const tellLatest = () => {
    send(stateEvent(kind, latest));
    told = latest;
    toldAt = Date.now();
  };
  const later = () => {
    timer = null;
    if (kind.tagOf(latest) === kind.tagOf(told)) return;
    if (isSlow()) timer = setTimeout(later, detailEveryMs);
    else tellLatest();
  };
  try {
    for await (const state of states) {
      latest = state;
      if (kind.isNews(state, told)) tellLatest();
      else timer ??= setTimeout(later, Math.max(0, toldAt + detailEveryMs - Date.now()));
    }
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

function stateEvent<State>(kind: EventKind<State>, state: State): string {
  return `event: state\nid: ${kind.tagOf(state)}\ndata: ${kind.show(state)}\n\n`;
}

function problemEvent({ code, message, retryable }: TidegateError): string {
  return `event: problem\ndata: ${JSON.stringify({ code, detail: message, retryable })}\n\n`;
}
