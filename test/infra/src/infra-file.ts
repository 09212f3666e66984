import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The path of a file below infra. */
export function infraPath(name: string): string {
  return `${root}infra/${name}`;
}

/** The text of a file below infra. */
export function readInfra(name: string): string {
  return readFileSync(infraPath(name), "utf8");
}
