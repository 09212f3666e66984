import { TidegateError } from "@tidegate/client";
import { isErrorCode } from "@tidegate/contracts";
import { createParser } from "eventsource-parser";
import type { LiveEvent } from "./figures.ts";

/** The server sends a sign of life every 15 s. */
const silenceMs = 45_000;
const known: ReadonlySet<string> = new Set(["overview", "figures", "topic", "problem"]);

/**
 * One connection of the stream, up to its end: resolves when the server ends it, and throws what it says, or UNREACHABLE. A
 * topic that is looked at is told of in detail.
 */
export async function openStream(
  { token, topic }: { token: string | null; topic: string | null },
  signal: AbortSignal,
  onEvent: (event: LiveEvent) => void,
): Promise<void> {
  const query = topic === null ? "" : `?watch=${encodeURIComponent(`topic:${topic}`)}`;
  const connection = new AbortController();
  const end = () => connection.abort();
  signal.addEventListener("abort", end, { once: true });
  let timer = setTimeout(end, silenceMs);
  try {
    const response = await fetch(`/v1/overview/events${query}`, {
      headers: { accept: "text/event-stream", ...(token !== null && { authorization: `Bearer ${token}` }) },
      cache: "no-store",
      signal: connection.signal,
    });
    if (!response.ok || response.body === null) throw problemOf(response.status, await response.text());
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event !== undefined && known.has(event)) onEvent({ event, data: JSON.parse(data) } as LiveEvent);
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(end, silenceMs);
      parser.feed(value);
    }
  } catch (thrown) {
    if (thrown instanceof TidegateError || signal.aborted) throw thrown;
    throw new TidegateError("UNREACHABLE", "The server cannot be reached", {}, thrown);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    connection.abort();
  }
}

function problemOf(status: number, body: string): TidegateError {
  try {
    const { code, detail } = JSON.parse(body) as { code?: unknown; detail?: unknown };
    if (typeof code === "string" && isErrorCode(code)) return new TidegateError(code, String(detail ?? ""));
  } catch {
    // A proxy's page.
  }
  return new TidegateError("UNREACHABLE", `The server answered ${status}`);
}
