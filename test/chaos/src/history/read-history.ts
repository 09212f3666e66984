import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { History, HistoryEvent } from "./event.ts";
import { monotonicNow } from "./monotonic.ts";

/** Reads the journals of a folder as one history. A last line that a kill cut short is left out: nothing followed it. */
export function readHistory(folder: string): History {
  const events: HistoryEvent[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".ndjson"))) {
    for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
      if (line.endsWith("}")) events.push(JSON.parse(line));
    }
  }
  events.sort((one, other) => one.at - other.at);
  return { events, wallOffset: wallOffset() };
}

/** How far the date is ahead of the monotonic clock. */
export function wallOffset(): number {
  return Date.now() - monotonicNow();
}
