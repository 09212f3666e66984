/** Checks that every code of the table of errors is expected by some test, by its name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";
import { isTest, repositoryFiles } from "./source-files.mjs";

const table = readFileSync(join(root, "packages/contracts/src/errors.ts"), "utf8");
const codes = [...table.matchAll(/^ {2}([A-Z][A-Z_]+): \{/gm)].map(([, code]) => code);
const tests = repositoryFiles(root)
  .filter((path) => isTest(path) && path.endsWith(".ts"))
  .map((path) => readFileSync(join(root, path), "utf8"))
  .join("\n");

if (codes.length === 0)
  throw new Error("packages/contracts/src/errors.ts has no table that this check can read");
const untested = codes.filter((code) => !tests.includes(`"${code}"`));
for (const code of untested) console.error(`${code} of the table of errors is expected by no test`);
process.exitCode = untested.length > 0 ? 1 : 0;
