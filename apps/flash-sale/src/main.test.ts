import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";

const program = fileURLToPath(new URL("./main.ts", import.meta.url));

interface Demo {
  child: ChildProcess;
  folder: string;
  output(): string;
  errors(): string;
  ended: Promise<number | null>;
}

/** Runs the program with a Redis of its own and its temporary files in a folder of the test's. */
function demo(...args: string[]): Demo {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-demo-"));
  const child = spawn(process.execPath, ["--conditions=tidegate-source", program, ...args], {
    env: { ...process.env, REDIS_URL: "", TMPDIR: folder, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, folder, output: () => texts.stdout, errors: () => texts.stderr, ended };
}

/** Processes that were started by a demo: they have its folder in their environment. Only Linux tells. */
function processesOf({ folder }: Demo): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder);
    } catch {
      return false;
    }
  });
}

async function sees(run: Demo, phase: string): Promise<void> {
  await eventually(phase, async () => run.errors().includes(phase) || undefined, 20_000);
}

test("with --json the last line is the report, and nothing is left behind", { timeout: 30_000 }, async () => {
  const args = ["--buyers", "400", "--stock", "50", "--drain-per-second", "200", "--json"];
  const run = demo(...args);
  expect(await run.ended, run.errors()).toBe(0);
  const summary = JSON.parse(run.output().trimEnd().split("\n").at(-1)!);
  expect(summary).toEqual({
    buyers: 400,
    requests: 452,
    accepted: expect.any(Number),
    sold: 50,
    oversold: 0,
    lost: 0,
    duplicates: 0,
    rejected: expect.objectContaining({ SOLD_OUT: expect.any(Number) }),
    acceptMs: { p50: expect.any(Number), p99: expect.any(Number) },
    drainPerSecond: expect.any(Number),
    seconds: expect.any(Number),
  });
  expect(Object.keys(summary)).toEqual([
    ...["buyers", "requests", "accepted", "sold", "oversold", "lost", "duplicates"],
    ...["rejected", "acceptMs", "drainPerSecond", "seconds"],
  ]);
  expect(processesOf(run)).toEqual([]);
  expect(readdirSync(run.folder)).toEqual([]);
});

test.each([
  [["--buyers", "many"], "flash-sale: --buyers must be a whole number"],
  [["--discount", "10"], "flash-sale: Unknown option '--discount'"],
])("%j ends with status 2 and a line that says why", async (args, text) => {
  const run = demo(...args);
  expect(await run.ended).toBe(2);
  expect(run.errors()).toContain(text);
  expect(run.errors().trimEnd()).not.toContain("\n");
  expect(run.output()).toBe("");
});

test.each(["starting", "selling", "draining"])(
  "Ctrl-C while %s ends everything",
  { timeout: 30_000 },
  async (phase) => {
    const run = demo("--buyers", "2000", "--stock", "1000", "--drain-per-second", "10");
    await sees(run, phase);
    // Under npm one Ctrl-C comes twice.
    run.child.kill("SIGINT");
    run.child.kill("SIGINT");
    expect(await run.ended, run.errors()).toBe(130);
    expect(run.errors()).toContain("flash-sale: stopped");
    expect(processesOf(run)).toEqual([]);
    expect(readdirSync(run.folder)).toEqual([]);
  },
);

test("with --page the shop is open until Ctrl-C, and leaves nothing behind", {
  timeout: 60_000,
}, async () => {
  const run = demo("--page", "--port", "0");
  const url = await eventually("the address", async () => /http:\S+/.exec(run.output())?.[0], 40_000);
  const page = await fetch(url);
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(await (await fetch(`${url}/v1/topics/orders/line`)).json()).toMatchObject({
    state: "open",
    joined: 0,
  });
  run.child.kill("SIGINT");
  expect(await run.ended, run.errors()).toBe(0);
  expect(processesOf(run)).toEqual([]);
  expect(readdirSync(run.folder)).toEqual([]);
});

test("children end with a demo that is killed", { timeout: 30_000 }, async () => {
  const run = demo("--buyers", "2000", "--stock", "1000", "--drain-per-second", "10");
  await sees(run, "draining");
  run.child.kill("SIGKILL");
  await eventually("all to end", async () => processesOf(run).length === 0 || undefined, 20_000);
  await eventually("the folder", async () => readdirSync(run.folder).length === 0 || undefined, 20_000);
});
