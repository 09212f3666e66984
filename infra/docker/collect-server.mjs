/**
 * Puts together what the server needs to run, and nothing else: for each workspace that it stands on the package.json and
 * the built files, without tests, and a root with the lock file. `npm ci --omit=dev` in that folder completes it.
 *
 *   node infra/docker/collect-server.mjs <folder>
 *
 * All workspaces must have been built (`node scripts/build.mjs @tidegate/server`).
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = process.argv[2];
if (!target) {
  console.error("usage: node infra/docker/collect-server.mjs <folder>");
  process.exit(1);
}

const workspaces = new Map(
  ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent)).flatMap((name) => {
      const manifest = join(root, parent, name, "package.json");
      return existsSync(manifest) ? [[readJson(manifest).name, `${parent}/${name}`]] : [];
    }),
  ),
);

const needed = withDependencies("@tidegate/server");
for (const folder of needed) copyWorkspace(folder);
writeRoot([...needed]);
cpSync(join(root, "infra/docker/healthcheck.mjs"), join(target, "healthcheck.mjs"));
cpSync(join(root, "LICENSE"), join(target, "LICENSE"));

/** The folders of a workspace and of those that it depends on. */
function withDependencies(name, found = new Set()) {
  const folder = workspaces.get(name);
  if (folder === undefined || found.has(folder)) return found;
  found.add(folder);
  const { dependencies = {} } = readJson(join(root, folder, "package.json"));
  for (const dependency of Object.keys(dependencies)) withDependencies(dependency, found);
  return found;
}

function copyWorkspace(folder) {
  const { devDependencies: _, scripts: __, ...manifest } = readJson(join(root, folder, "package.json"));
  for (const path of manifest.files ?? ["dist"]) {
    const built = join(root, folder, path);
    if (!existsSync(built)) throw new Error(`${folder}/${path} is not there: build it first`);
    cpSync(built, join(target, folder, path), { recursive: true, filter: (file) => !isForDevelopment(file) });
  }
  writeJson(join(target, folder, "package.json"), manifest);
}

function isForDevelopment(file) {
  return /\.test\.[a-z.]+$|\.d\.ts$|\.map$|\.tsbuildinfo$/.test(file);
}

/** The lock is whole: npm takes from it what these workspaces need, in exactly these versions. */
function writeRoot(folders) {
  const { name, version, license, type } = readJson(join(root, "package.json"));
  const manifest = { name, private: true, version, license, type, workspaces: folders };
  writeJson(join(target, "package.json"), manifest);
  const lock = readJson(join(root, "package-lock.json"));
  writeJson(join(target, "package-lock.json"), { ...lock, packages: lockedPackages(lock.packages, folders) });
}

/** The workspaces that are here as they are described here; what is installed stays as it is in the lock. */
function lockedPackages(packages, folders) {
  const kept = Object.entries(packages).flatMap(([path, entry]) => {
    if (path === "") {
      const { devDependencies: _, ...rest } = entry;
      return [[path, { ...rest, workspaces: folders }]];
    }
    if (entry.link) return folders.includes(entry.resolved) ? [[path, entry]] : [];
    const workspace = /^(?:packages|apps|test)\/[^/]+/.exec(path)?.[0];
    if (workspace === undefined) return [[path, entry]];
    if (!folders.includes(workspace)) return [];
    const { devDependencies: _, ...rest } = entry;
    return [[path, path === workspace ? rest : entry]];
  });
  return Object.fromEntries(kept);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
