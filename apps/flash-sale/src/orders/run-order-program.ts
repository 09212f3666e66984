import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { type ChildProgram, runChild } from "@tidegate/demo-kit";

/** Runs the program of a process that writes orders: told its settings by its parent, it tells how many orders there are. */
export function runOrderProgram<Settings extends { readonly databaseFile: string }>(
  name: string,
  make: (settings: Settings & { onWritten: (count: number) => void }) => ChildProgram,
): void {
  runChild<Settings>(
    name,
    (settings, tell) => make({ ...settings, onWritten: tell }),
    ({ databaseFile }, orphaned) => {
      // Nobody else is left to remove the folder, which the sale made for this file alone.
      if (orphaned) rmSync(dirname(databaseFile), { recursive: true, force: true });
    },
  );
}
