import type { PushEvent } from "./events.ts";

/** One line of JSON about an event, for where the console is the log; null for what is as it should be. */
function logLine(event: PushEvent): string | null {
  if (event.type === "answered" || event.type === "called" || event.type === "resumed") return null;
  if (event.type !== "error" && event.type !== "result-lost") return JSON.stringify(event);
  const { error } = event;
  const text = error instanceof Error ? error.message : String(error);
  return JSON.stringify({ ...event, error: text });
}

/** Writes what is worth a look to the console: the log of a Worker. */
export function logToConsole(event: PushEvent): void {
  const line = logLine(event);
  if (line !== null) console.warn(line);
}
