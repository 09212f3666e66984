/**
 * Runs the tests of all workspaces and ends with one line that counts them. Arguments go to turbo, for instance
 * `npm test -- --filter=@tidegate/core`.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, workspaces } from "./root.mjs";
import { turbo } from "./turbo.mjs";

const RESULTS = "artifacts/test-results.json";
const REPORT = ["--reporter=default", "--reporter=json", `--outputFile.json=${RESULTS}`];
const args = process.argv.slice(2);
const suites = workspaces().filter(({ manifest }) => manifest.scripts?.test);

// A suite that is taken from the cache gets its results from there.
for (const { dir } of suites) rmSync(join(root, dir, RESULTS), { force: true });
const { status } = await turbo(
  ["test", "--concurrency=3", "--continue", "--ui=stream", "--log-order=stream", ...args, "--", ...REPORT],
  { show: true },
);

let passed = 0;
let failed = 0;
for (const { dir } of suites) {
  const results = readResults(dir);
  if (!results) {
    if (args.length > 0) continue;
    console.log(`${dir}: no results`);
    failed++;
    continue;
  }
  passed += results.numPassedTests;
  // A file that cannot be loaded has no tests that could fail.
  const unloaded = results.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  failed += results.numFailedTests + unloaded.length;
}
if (status !== 0 && failed === 0) {
  console.log("A task failed outside of its tests");
  failed++;
}
if (passed === 0) console.log("No test ran");
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = status !== 0 || failed > 0 || passed === 0 ? 1 : 0;

function readResults(dir) {
  try {
    return JSON.parse(readFileSync(join(root, dir, RESULTS), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
