/**
 * Completes package-lock.json: some registries carry a package's binaries for some platforms only, and npm then leaves the
 * others out of the lock, upon which `npm ci` refuses, or users of other platforms get no binary. Also removes addresses
 * of registries. Run it after each `npm install`; `--check` only tells what it would do.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./root.mjs";

const OS =
  /(?:^|[-/])(android|darwin|linux|win32|windows|freebsd|netbsd|openbsd|sunos|aix|openharmony)(?=-|$)/;
const CPU = /-(arm64|x64|64|arm|ia32|32|ppc64|s390x|riscv64|loong64|mips64el|wasm32)(?=-|$)/;
const LIBC = /-(musl|gnu)/;
const NODE_NAMES = { windows: "win32", 64: "x64", 32: "ia32", gnu: "glibc" };

/** Changes the lock in place and answers what was changed, one line each. */
export function completeLock(lock) {
  const changes = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (entry.resolved?.startsWith("http")) {
      delete entry.resolved;
      changes.push(`${path} named a host`);
    }
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(lock.packages, path, name)) continue;
      lock.packages[`node_modules/${name}`] = platformEntry(name, range, entry.dev);
      changes.push(`${path} lacked ${name}`);
    }
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
  );
  return changes;
}

/** Node's own resolution: beside the package, then in each folder above. */
function isLocked(packages, path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    if (packages[at ? `${at}/node_modules/${name}` : `node_modules/${name}`]) return true;
    if (!at) return false;
    if (!at.includes("node_modules/")) return Boolean(packages[`node_modules/${name}`]);
  }
}

function platformEntry(name, range, dev) {
  const entry = { version: range.replace(/^[\^~]/, ""), optional: true };
  if (dev) entry.dev = true;
  for (const [field, pattern] of Object.entries({ os: OS, cpu: CPU, libc: LIBC })) {
    const word = pattern.exec(name)?.[1];
    if (word) entry[field] = [NODE_NAMES[word] ?? word];
  }
  return entry;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = join(root, "package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const changes = completeLock(lock);
  for (const change of changes) console.log(change);
  if (process.argv.includes("--check")) {
    if (changes.length > 0)
      console.log("package-lock.json is not complete: run node scripts/complete-lock.mjs");
    process.exitCode = changes.length > 0 ? 1 : 0;
  } else if (changes.length > 0) {
    writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  }
}
