import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { findExportFaults } from "./check-exports.mjs";
import { findFileFaults } from "./check-files.mjs";
import { findImportFaults } from "./check-imports.mjs";
import { completeLock } from "./complete-lock.mjs";

const folder = mkdtempSync(join(tmpdir(), "tidegate-check-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(path, content) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
}

function workspace(dir, manifest) {
  write(`${dir}/package.json`, { exports: { ".": "./src/index.ts" }, ...manifest });
}

write("package.json", { devDependencies: { vitest: "1" } });
workspace("packages/contracts", { name: "@tidegate/contracts" });
workspace("packages/core", {
  name: "@tidegate/core",
  dependencies: { "@tidegate/contracts": "1", "@tidegate/worker": "1" },
  devDependencies: { "@tidegate/testkit": "1", ioredis: "1" },
});
workspace("packages/worker", { name: "@tidegate/worker" });
workspace("packages/testkit", { name: "@tidegate/testkit" });
workspace("apps/server", {
  name: "@tidegate/server",
  dependencies: { "@tidegate/core": "1", ioredis: "1" },
});

function importing(path, source) {
  write(path, source);
  return findImportFaults(folder, [path]).map((fault) => fault.replace(`${path}: `, ""));
}

test("imports that are as they should be", () => {
  assert.deepEqual(importing("packages/core/src/a.ts", 'import { a } from "@tidegate/contracts";'), []);
  assert.deepEqual(importing("packages/core/src/b.ts", 'import type { Redis } from "ioredis";'), []);
  assert.deepEqual(importing("packages/core/src/c.ts", 'import {\n  readFile,\n} from "node:fs";'), []);
  assert.deepEqual(importing("packages/core/src/d.test.ts", 'import { x } from "@tidegate/testkit";'), []);
  assert.deepEqual(importing("packages/core/src/e.test.ts", 'import { test } from "vitest";'), []);
  assert.deepEqual(importing("apps/server/src/main.ts", 'import { Redis } from "ioredis";'), []);
});

test("imports that point upward, inside, outside or nowhere", () => {
  for (const [path, source, fault] of [
    ["packages/core/src/f.ts", 'import { a } from "@tidegate/worker";', "core does not stand on worker"],
    [
      "packages/core/src/g.ts",
      'export { a } from "@tidegate/contracts/src/a.ts";',
      "@tidegate/contracts/src/a.ts is not exported",
    ],
    [
      "packages/core/src/h.ts",
      'import { a } from "../../contracts/src/a.ts";',
      "../../contracts/src/a.ts leaves the package",
    ],
    [
      "packages/contracts/src/i.ts",
      'import { join } from "node:path";',
      "node:path: this package runs without Node",
    ],
    [
      "packages/contracts/src/j.ts",
      'const a = await import("left-pad");',
      "left-pad is not in its package.json",
    ],
    ["packages/core/src/k.ts", 'import fs from "fs";', "fs is written node:fs"],
  ]) {
    assert.deepEqual(importing(path, source), [fault]);
  }
  assert.match(
    importing("packages/core/src/l.ts", 'import { Redis } from "ioredis";').join(),
    /only apps and tests connect/,
  );
  assert.match(
    importing("packages/core/src/m.ts", 'import { x } from "@tidegate/testkit";').join(),
    /testkit is for tests/,
  );
  assert.match(importing("packages/worker/src/n.ts", 'import "@tidegate/server";').join(), /is an app/);
});

test("files that are too long, ill-named, or tell of a machine", () => {
  write("packages/core/src/long.ts", "\n".repeat(501));
  write("packages/core/src/long.gen.ts", "\n".repeat(501));
  write("packages/core/src/utils/a.ts", "");
  write("packages/core/src/index.ts", 'export * from "./a.ts";\n');
  write("notes.md", `see ${["", "work", "main"].join("/")}/a\n`);
  write("lock.json", `"https:${"//"}registry.example.com/a.tgz"`);
  const faults = (path) => findFileFaults(folder, [path]).join();
  assert.match(faults("packages/core/src/long.ts"), /501 lines/);
  assert.equal(faults("packages/core/src/long.gen.ts"), "");
  assert.match(faults("packages/core/src/utils/a.ts"), /says nothing/);
  assert.match(faults("packages/core/src/index.ts"), /by name/);
  assert.match(faults("notes.md"), /folder of one machine/);
  assert.match(faults("lock.json"), /names a registry/);
});

test("an export that is not there", () => {
  assert.match(findExportFaults(folder).join(), /apps\/server\/package.json exports .\/src\/index.ts/);
});

test("a lock without the binaries of other platforms, and with a host", () => {
  const lock = {
    packages: {
      "node_modules/a": {
        version: "1.0.0",
        dev: true,
        resolved: "https://npm.example.com/a.tgz",
        optionalDependencies: { "@a/windows-64": "1.0.0", "@a/linux-arm64-musl": "^1.0.0", b: "1" },
      },
      "node_modules/a/node_modules/b": { version: "1.0.0" },
    },
  };
  assert.equal(completeLock(lock).length, 3);
  assert.equal(lock.packages["node_modules/a"].resolved, undefined);
  assert.deepEqual(lock.packages["node_modules/@a/windows-64"], {
    version: "1.0.0",
    optional: true,
    dev: true,
    os: ["win32"],
    cpu: ["x64"],
  });
  assert.deepEqual(lock.packages["node_modules/@a/linux-arm64-musl"].libc, ["musl"]);
  assert.deepEqual(completeLock(lock), []);
});
