import { closeSync, openSync, writeSync } from "node:fs";
import type { Happening } from "./event.ts";
import { monotonicNow } from "./monotonic.ts";

/** Writes down what one process does and sees. */
export interface Journal {
  readonly by: string;
  /** A name for a call that no other process gives. */
  newCall(): string;
  /** On its way to the disk when this returns: a process that is killed afterwards has said it. */
  write(happening: Happening): void;
  close(): void;
}

/** Opens a journal of lines of JSON. */
export function openJournal(file: string, by: string): Journal {
  const descriptor = openSync(file, "a");
  let calls = 0;
  return {
    by,
    newCall() {
      calls += 1;
      return `${by}/${calls}`;
    },
    write(happening) {
      writeSync(descriptor, `${JSON.stringify({ at: monotonicNow(), by, ...happening })}\n`);
    },
    close: () => closeSync(descriptor),
  };
}
