import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where a program is: in one of these folders, else on the PATH; null when it is nowhere. */
export function findProgram(name: string, folders: readonly string[] = []): string | null {
  const path = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const folder of [...folders, ...path, "/usr/local/sbin", "/usr/sbin", "/opt/homebrew/sbin"]) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there.
    }
  }
  return null;
}
