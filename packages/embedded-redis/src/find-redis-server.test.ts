import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findRedisServer } from "./find-redis-server.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tidegate-test-"));
  vi.stubEnv("PATH", `${dir}:${process.env.PATH}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

function program(name: string, output: string): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\necho '${output}'\n`);
  chmodSync(path, 0o755);
  return path;
}

test("the first fit server on the PATH is taken", async () => {
  const path = program("redis-server", "Redis server v=7.4.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64");
  expect(await findRedisServer({ install: false })).toEqual({ path, flavour: "redis", version: "7.4.1" });
});

test("one that is too old is passed over", async () => {
  program("redis-server", "Redis server v=6.2.14 sha=00000000:0");
  const found = await findRedisServer({ install: false }).catch((error: Error) => error);
  if (found instanceof Error) expect(found.message).toContain("6.2.14");
  else expect(found.version).not.toBe("6.2.14");
});
