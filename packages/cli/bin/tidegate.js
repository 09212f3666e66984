#!/usr/bin/env node
/**
 * Starts what was built; in a checkout where nothing was, or where the condition `tidegate-source` is set, the source itself, which Node
 * runs since 22.18.
 */
import { existsSync } from "node:fs";
import module from "node:module";

// Compiled once, and kept where Node keeps such things: what is typed again and again begins sooner.
module.enableCompileCache?.();

const condition = "tidegate-source";
const built = new URL("../dist/process.js", import.meta.url);
const source = new URL("../src/process.ts", import.meta.url);
const asked = process.execArgv.some((argument) => argument.endsWith(condition));

if (Number(process.versions.node.split(".")[0]) < 22) {
  fail(`tidegate needs Node 22.12 or later, and this is ${process.version}`);
} else if (existsSync(built) && !(asked && existsSync(source))) {
  await start(built);
} else if (process.features.typescript && module.registerHooks) {
  // The packages below are to come from their sources, too.
  if (!asked)
    module.registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier, { ...context, conditions: [...(context.conditions ?? []), condition] }),
    });
  await start(source);
} else {
  fail(
    `nothing is built here, and Node ${process.version} cannot run the source: run "npm run build", or use Node 22.18 or later`,
  );
}

async function start(url) {
  const { runProcess } = await import(url.href);
  await runProcess();
}

function fail(text) {
  console.error(`error: ${text}`);
  process.exit(2);
}
