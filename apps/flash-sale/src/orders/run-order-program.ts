import { rmSync } from "node:fs";
import { dirname } from "node:path";

/** What a process that writes orders runs. */
export interface OrderProgram {
  start(): Promise<void>;
  /** Writes what was begun, and closes the database. */
  stop(): Promise<void>;
}

/** Runs the program of a process that writes orders: told its settings by its parent, it tells how many orders there are. */
export function runOrderProgram<Settings extends { readonly databaseFile: string }>(
  name: string,
  make: (settings: Settings & { onWritten: (count: number) => void }) => OrderProgram,
): void {
  const parent = process.ppid;
  const fail = (error: unknown): never => {
    console.error(`${name}:`, error);
    process.exit(1);
  };
  process.once("message", (settings: Settings) => {
    const program = make({
      ...settings,
      onWritten: (count) => {
        // The parent may have died a moment ago: its end is noticed by the channel's.
        if (process.connected) process.send?.(count, undefined, undefined, () => {});
      },
    });
    process.once("SIGTERM", () => {
      program.stop().then(() => process.exit(0), fail);
    });
    // Orphaned: nobody else is left to remove the folder, which the sale made for this file alone.
    process.once("exit", () => {
      if (!process.connected || process.ppid !== parent)
        rmSync(dirname(settings.databaseFile), { recursive: true, force: true });
    });
    program.start().catch(fail);
  });
}
