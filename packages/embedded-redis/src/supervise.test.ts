import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";

const PARENT = fileURLToPath(new URL("./fixtures/parent.ts", import.meta.url));

async function startParent(...args: string[]): Promise<{ parent: ChildProcess; pid: number; dir: string }> {
  const parent = spawn(process.execPath, [PARENT, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: parent.stdout! }), "line")) as [string];
  return { parent, ...(JSON.parse(line) as { pid: number; dir: string }) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const gone = (pid: number) =>
  vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 30_000, interval: 10 });

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "a parent ended by %s takes Redis and its temporary folder along",
  async (signal) => {
    const { parent, pid, dir } = await startParent();
    expect(isAlive(pid)).toBe(true);
    parent.kill(signal);
    await gone(pid);
    await vi.waitFor(() => expect(existsSync(dir)).toBe(false), { timeout: 30_000, interval: 10 });
  },
);

test("a Redis that hangs goes too", async () => {
  const { parent, pid } = await startParent();
  process.kill(pid, "SIGSTOP");
  parent.kill("SIGKILL");
  await gone(pid);
});

test("a data folder stays, and a successor may use it at once", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "tidegate-test-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const first = await startParent(dataDir);
  first.parent.kill("SIGKILL");
  const second = await startParent(dataDir);
  expect(isAlive(first.pid)).toBe(false);
  expect(readFileSync(join(dataDir, "redis.pid"), "utf8")).toContain(`${second.pid}\n`);
  second.parent.kill("SIGTERM");
  await gone(second.pid);
  expect(existsSync(dataDir)).toBe(true);
});
