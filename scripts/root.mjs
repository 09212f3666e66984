import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The workspaces below a folder: where each lies, seen from there, and its package.json. */
export function workspaces(folder = root) {
  return ["packages", "apps", "test"].flatMap((parent) =>
    subfolders(join(folder, parent)).flatMap((name) => {
      const dir = `${parent}/${name}`;
      const manifest = readManifest(join(folder, dir, "package.json"));
      return manifest ? [{ dir, name, manifest }] : [];
    }),
  );
}

function subfolders(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

function readManifest(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
