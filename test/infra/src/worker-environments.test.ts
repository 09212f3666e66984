import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { root } from "./infra-file.ts";

const run = promisify(execFile);
const folder = `${root}apps/edge`;
const wrangler = createRequire(`${folder}/package.json`).resolve("wrangler/package.json");

/** What `wrangler deploy` says that it would do. */
async function dryRun(environment: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "tidegate-dry-run-"));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  const { stdout, stderr } = await run(
    process.execPath,
    [
      join(dirname(wrangler), "bin", "wrangler.js"),
      ...["deploy", "--dry-run", "--env", environment, "--outdir", scratch],
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        CI: "1",
        WRANGLER_BUILD_CONDITIONS: "tidegate-source,workerd,worker,browser",
        WRANGLER_LOG_PATH: scratch,
        WRANGLER_SEND_METRICS: "false",
      },
    },
  );
  return stdout + stderr;
}

// Without an environment it runs in the tests of apps/edge.
test.each([
  ["staging", "tidegate-staging"],
  ["production", "tidegate"],
])("wrangler would deploy the environment '%s', without a warning", async (environment, namespace) => {
  const said = await dryRun(environment);
  expect(said).toContain(`env.TIDEGATE_NAMESPACE ("${namespace}")`);
  expect(said).toContain("--dry-run: exiting now");
  expect(said).not.toMatch(/warning/i);
});
