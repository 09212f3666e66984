/**
 * Checks that imports run downward only, and that a package uses of another what that one exports and what its own
 * package.json declares.
 */
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import { root, workspaces } from "./root.mjs";
import { isTest, repositoryFiles } from "./source-files.mjs";

/** For each package, what it may import; apps and tests may import all. */
const BELOW = {
  contracts: [],
  "record-batch": [],
  "embedded-redis": [],
  testkit: ["embedded-redis"],
  "demo-kit": ["embedded-redis"],
  tracing: ["contracts"],
  core: ["tracing", "contracts", "record-batch"],
  client: ["contracts", "record-batch"],
  http: ["core", "client", "tracing", "contracts", "record-batch"],
  worker: ["core", "client", "tracing", "contracts", "record-batch"],
  dispatcher: ["worker", "core", "client", "tracing", "contracts", "record-batch"],
  tasks: ["core", "client", "tracing", "contracts", "record-batch"],
  cli: ["http", "worker", "tasks", "core", "client", "contracts", "record-batch"],
  console: ["client", "contracts"],
  metrics: ["core", "contracts"],
};

/** Packages that run where there is no Node. */
const WITHOUT_NODE = ["contracts", "record-batch", "client", "tracing"];

/** Bundled when its package is built: what it and the bundler import is needed then, and by nobody who installs the package. */
const BUNDLED = /^packages\/console\/(src\/page\/|vite\.config\.ts$)/;

/** Packages that may open a connection to Redis; the others are given one. */
const CONNECTING = ["embedded-redis", "testkit", "demo-kit", "cli"];

const SCOPE = "@tidegate/";
const IMPORT =
  /(?:^|[;\n])\s*(?:import|export)\s+(type\s)?(?:[\w*\s{},$]*?\sfrom\s*)?["']([^"'\n]+)["']|\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;

/** One line for each import that should not be. */
export function findImportFaults(folder, files) {
  const all = workspaces(folder);
  const byName = new Map(all.map((workspace) => [workspace.manifest.name, workspace]));
  const rootManifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return files
    .filter((path) => /\.(ts|tsx|mts)$/.test(path))
    .flatMap((path) => {
      const workspace = all.find(({ dir }) => path.startsWith(`${dir}/`));
      if (!workspace) return [];
      const context = { path, workspace, byName, rootManifest, test: isTest(path) };
      return importsOf(readFileSync(join(folder, path), "utf8")).flatMap((found) =>
        faultsOf(found, context).map((fault) => `${path}: ${fault}`),
      );
    });
}

function importsOf(source) {
  return [...source.matchAll(IMPORT)].map((match) => ({
    name: match[2] ?? match[3],
    type: Boolean(match[1]),
  }));
}

function faultsOf(found, context) {
  if (found.name.startsWith(".")) return faultsOfRelative(found, context);
  if (isBuiltin(found.name)) return faultsOfBuiltin(found, context);
  const name = packageName(found.name);
  const faults = isDeclared(name, found, context) ? [] : [`${name} is not in its package.json`];
  if (name.startsWith(SCOPE)) faults.push(...faultsOfOurs(name, found, context));
  if (name === "ioredis") faults.push(...faultsOfConnection(found, context));
  return faults;
}

function faultsOfRelative({ name }, { path, workspace }) {
  const target = posix.normalize(posix.join(posix.dirname(path), name));
  const inside = target.startsWith(`${workspace.dir}/`) || target === "vitest.shared.ts";
  return inside ? [] : [`${name} leaves the package`];
}

function faultsOfBuiltin({ name, type }, { workspace, test }) {
  const faults = name.startsWith("node:") ? [] : [`${name} is written node:${name}`];
  const portable = workspace.dir.startsWith("packages/") && WITHOUT_NODE.includes(workspace.name);
  if (portable && !test && !type) faults.push(`${name}: this package runs without Node`);
  return faults;
}

function faultsOfOurs(name, found, { path, workspace, byName, test }) {
  const target = byName.get(name);
  if (!target) return [`${name} is no package of this repository`];
  const faults = [];
  const entry = `.${found.name.slice(name.length)}`;
  if (!target.manifest.exports?.[entry]) faults.push(`${found.name} is not exported`);
  const free =
    !path.startsWith("packages/") || target.dir === workspace.dir || (test && target.name === "testkit");
  if (target.dir.startsWith("apps/") && target.dir !== workspace.dir && !path.startsWith("test/")) {
    faults.push(`${name} is an app`);
  } else if (!free && !(BELOW[workspace.name] ?? []).includes(target.name)) {
    faults.push(`${workspace.name} does not stand on ${target.name}`);
  }
  if (target.name === "testkit" && !test) faults.push("testkit is for tests");
  return faults;
}

function faultsOfConnection({ type }, { path, workspace, test }) {
  if (type || test || path.startsWith("apps/") || CONNECTING.includes(workspace.name)) return [];
  return ["only apps and tests connect to Redis; take a client as an argument"];
}

/** What is published is a dependency; tests and types may come from the development dependencies, the root's too. */
function isDeclared(name, { type }, { path, workspace, rootManifest, test }) {
  const { manifest } = workspace;
  if (name === manifest.name) return true;
  const needed = { ...manifest.dependencies, ...manifest.peerDependencies };
  if (!test && !type && workspace.name !== "testkit" && !BUNDLED.test(path)) return name in needed;
  const known = { ...needed, ...manifest.devDependencies, ...rootManifest.devDependencies };
  return name in known || (type && `@types/${name}` in known);
}

const isBuiltin = (name) => /^(node|cloudflare):/.test(name) || builtinModules.includes(name);

const packageName = (name) =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const faults = findImportFaults(root, repositoryFiles(root));
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
