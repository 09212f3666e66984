/** Checks, after a build, that every entry of each package's `exports` is there. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, workspaces } from "./root.mjs";

/** One line for each entry that leads nowhere. */
export function findExportFaults(folder) {
  return workspaces(folder).flatMap(({ dir, manifest }) =>
    targetsOf(manifest.exports ?? {})
      .filter((target) => !existsSync(join(folder, dir, target)))
      .map((target) => `${dir}/package.json exports ${target}, which is not there`),
  );
}

function targetsOf(entry) {
  return typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targetsOf);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const faults = findExportFaults(root);
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
