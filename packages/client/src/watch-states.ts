import { TidegateError } from "@tidegate/contracts";
import { createParser } from "eventsource-parser";
import { delayBefore, pause } from "./backoff.ts";
import type { Http } from "./http.ts";

export interface WatchOptions {
  /** Ends the watch, which rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The server sends something every 15 s. */
const silenceMs = 45_000;

/**
 * The states that events tell as they change, live, up to the final one. A connection that breaks or falls silent is opened
 * again, with back-off, for as long as it takes. Throws NOT_FOUND, and whatever else waiting cannot cure.
 */
export async function* watchStates<Status>(
  http: Http,
  path: string,
  isFinal: (status: Status) => boolean,
  { signal }: WatchOptions = {},
  patienceMs = silenceMs,
): AsyncGenerator<Status, void, undefined> {
  let last = "";
  let failures = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      for await (const data of states(http, path, signal, patienceMs)) {
        failures = 0;
        if (data === last) continue;
        last = data;
        const status: Status = JSON.parse(data);
        yield status;
        if (isFinal(status)) return;
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!(thrown instanceof TidegateError) || !thrown.retryable) throw thrown;
    }
    failures += 1;
    await pause(delayBefore(failures + 1, http.backoff), signal);
  }
}

/** The data of the events `state` of one connection, up to its end. */
async function* states(
  http: Http,
  path: string,
  signal: AbortSignal | undefined,
  patienceMs: number,
): AsyncGenerator<string, void, undefined> {
  const connection = new AbortController();
  const silent = () =>
    connection.abort(new TidegateError("UNREACHABLE", "The events fell silent", { reason: "timeout" }));
  const onAbort = () => connection.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  let timer = setTimeout(silent, patienceMs);
  try {
    const response = await http.open(
      {
        method: "GET",
        path,
        headers: { accept: "text/event-stream" },
        repeatable: true,
        fresh: true,
      },
      connection.signal,
    );
    const ready: string[] = [];
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === "state") ready.push(data);
      },
    });
    for await (const text of textOf(response, connection.signal)) {
      clearTimeout(timer);
      timer = setTimeout(silent, patienceMs);
      parser.feed(text);
      yield* ready.splice(0);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    connection.abort();
  }
}

/** A body as pieces of text. Throws UNREACHABLE when it breaks. */
async function* textOf(response: Response, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const utf8 = new TextDecoder();
  for (;;) {
    let part: ReadableStreamReadResult<Uint8Array>;
    try {
      part = await reader.read();
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw new TidegateError("UNREACHABLE", "The events broke off", { reason: "network" }, thrown);
    }
    if (part.done) return;
    yield utf8.decode(part.value, { stream: true });
  }
}
