/** Checks the files themselves: their size, their names, what an index exports, and that no machine's paths are in them. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./root.mjs";
import { isGenerated, isSource, repositoryFiles } from "./source-files.mjs";

const MAX_LINES = 500;

/** They say nothing about what is inside, so everything ends up there. */
const FORBIDDEN_NAMES = new Set(["utils", "util", "common", "helpers", "helper", "types", "interfaces"]);

/** A folder of one machine, and the address of a registry other than in prose about the public one. */
const MACHINE_PATH = /(?:^|[\s"'`(=:])\/(?:work|home\/\w+|Users\/\w+)\//m;
const REGISTRY = /https?:\/\/[\w.-]*(?:registry|verdaccio|artifactory|nexus)[\w.-]*[/:]/;

/** One line for each file that should not be as it is. */
export function findFileFaults(folder, files) {
  return files.flatMap((path) =>
    [...faultsOfName(path), ...faultsOfText(path, readFileSync(join(folder, path)))].map(
      (fault) => `${path}: ${fault}`,
    ),
  );
}

function faultsOfName(path) {
  const words = path.split("/").map((part) => part.replace(/\..*$/, ""));
  return words
    .filter((word) => FORBIDDEN_NAMES.has(word))
    .map((word) => `${word} is a name that says nothing`);
}

function faultsOfText(path, bytes) {
  if (bytes.includes(0)) return [];
  const text = bytes.toString("utf8");
  const faults = [];
  if (isSource(path) && !isGenerated(path)) {
    const lines = text.split("\n").length - 1;
    if (lines > MAX_LINES) faults.push(`${lines} lines, at most ${MAX_LINES}`);
  }
  if (basename(path) === "index.ts" && /^export \*/m.test(text))
    faults.push("an index lists its exports by name");
  if (MACHINE_PATH.test(text))
    faults.push(`names a folder of one machine: ${MACHINE_PATH.exec(text)[0].trim()}`);
  if (REGISTRY.test(text)) faults.push(`names a registry: ${REGISTRY.exec(text)[0]}`);
  return faults;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const faults = findFileFaults(root, repositoryFiles(root));
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
