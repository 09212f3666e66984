import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const program = fileURLToPath(new URL("./main.ts", import.meta.url));

async function signup(...args: string[]) {
  const child = spawn(process.execPath, ["--conditions=tidegate-source", program, ...args], {
    env: { ...process.env, REDIS_URL: "", NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  const [status] = await once(child, "close");
  return { status, ...texts };
}

test("with --json the last line is the report", async () => {
  const { status, stdout, stderr } = await signup("--registrations", "60", "--gateway-ms", "10", "--json");
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout.trimEnd().split("\n").at(-1)!)).toEqual({
    registrations: 60,
    answerMs: { p50: expect.any(Number), p99: expect.any(Number) },
    mails: 60,
    texts: 60,
    duplicates: 0,
  });
});

test("a table otherwise", async () => {
  const { status, stdout } = await signup("--registrations", "20", "--gateway-ms", "1");
  expect(status).toBe(0);
  expect(stdout).toContain("Everybody was welcomed once.");
});

test("bad options are refused in one line", async () => {
  const { status, stderr } = await signup("--registrations", "many");
  expect(status).toBe(2);
  expect(stderr).toBe('signup: --registrations must be a whole number from 1 to 1000000, not "many"\n');
});
