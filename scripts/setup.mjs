/**
 * Makes a machine with Node 20 or later and npm ready for a root command; says nothing when there is nothing to do.
 * Plain JavaScript without dependencies: on a fresh clone nothing is installed yet, and Node may be too old for the rest.
 *
 *   node scripts/setup.mjs [--redis] [--chromium] [--build [workspace]]
 *
 * --redis     finds a redis-server, or installs one where that is allowed
 * --chromium  finds a browser for the tests of pages, in the same way
 * --build     builds one workspace and what it needs, or all of them
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./root.mjs";

const { values, positionals } = parseArgs({
  options: { redis: { type: "boolean" }, chromium: { type: "boolean" }, build: { type: "boolean" } },
  allowPositionals: true,
});

if (!isInstalled()) {
  console.error("Installing dependencies (npm ci) …");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp(), lockHash());
}
if (values.redis) run(node24(), ["scripts/ensure-redis.mjs"]);
if (values.chromium) run(node24(), ["scripts/ensure-chromium.mjs"]);
if (values.build) run(node24(), ["scripts/build.mjs", ...positionals]);

/** Whether this lock was installed by this script, or by a developer's own `npm install`. */
function isInstalled() {
  if (!existsSync(node24())) return false;
  return (existsSync(stamp()) && readFileSync(stamp(), "utf8") === lockHash()) || isLockPresent();
}

function stamp() {
  return join(root, "node_modules", ".tidegate-setup");
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

/**
 * npm writes down what it has installed once it is through. What the lock asks for is compared with it; optional packages
 * are left out, since most of them are for other platforms.
 */
function isLockPresent() {
  const wanted = readPackages("package-lock.json");
  const present = readPackages("node_modules/.package-lock.json");
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes("node_modules/") || entry.optional) return true;
    if (entry.link) return present[path]?.resolved === entry.resolved;
    return present[path]?.version === entry.version;
  });
}

function readPackages(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

/** The Node of the development dependency `node`; a shell remembers where it found `node` first, so the path is spelt out. */
function node24() {
  return join(root, "node_modules", ".bin", "node");
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", process.stderr, "inherit"],
  });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
