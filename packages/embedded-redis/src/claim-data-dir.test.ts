import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimDataDir } from "./claim-data-dir.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tidegate-test-"));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("a folder is claimed once", async () => {
  const claim = await claimDataDir(dir);
  await expect(claimDataDir(dir, 0)).rejects.toThrow(`in use by another Tidegate (process ${process.pid})`);
  claim.release();
  (await claimDataDir(dir, 0)).release();
});

test.each(["", "garbage", "999999999\n1\n", `${process.pid}\n1\n`, `${process.pid}`, "-1\n\n", "\n\n"])(
  "a claim whose holder is gone is taken over: %j",
  async (left) => {
    writeFileSync(join(dir, "redis.pid"), left);
    await claimDataDir(dir, 0);
    expect(readFileSync(join(dir, "redis.pid"), "utf8")).toMatch(new RegExp(`^${process.pid}\n\\S.*\n$`));
  },
);
