import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface StartWorkerOptions {
  readonly redisUrl: string;
  /** As in TIDEGATE_TOKENS; without any, the Worker refuses every request. */
  readonly tokens?: string;
  readonly namespace?: string;
  /** As in TIDEGATE_PUSH_ALLOW. */
  readonly pushAllow?: string;
}

/** The Worker, running in workerd on this machine. */
export interface RunningWorker {
  readonly url: string;
  /** Lets the clock strike: resolves when the Worker's `scheduled` has ended. */
  strike(): Promise<void>;
  stop(): Promise<void>;
}

const folder = fileURLToPath(new URL("..", import.meta.url));
/** From source or as it was built, as this file is. */
const runner = fileURLToPath(import.meta.url).replace(/start-worker(\.\w+)$/, "fixtures/run-worker$1");
const startTimeoutMs = 100_000;

/**
 * Runs its arguments, and ends all of them (wrangler has workerd as a child) when its stdin ends: on `stop`, and however
 * this process ends.
 */
const supervisor = '"$@" & read -r line; trap "" TERM; kill -TERM -$$; wait';

/** Starts the Worker as `wrangler dev` does from its source, for tests: real workerd, local, no account, no telemetry. */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const scratch = mkdtempSync(join(tmpdir(), "tidegate-worker-"));
  const variables = {
    REDIS_URL: options.redisUrl,
    TIDEGATE_TOKENS: options.tokens ?? "",
    TIDEGATE_NAMESPACE: options.namespace ?? "tidegate",
    TIDEGATE_PUSH_ALLOW: options.pushAllow ?? "",
  };
  const child = spawn("sh", ["-c", supervisor, "sh", process.execPath, runner, JSON.stringify(variables)], {
    cwd: folder,
    env: {
      ...process.env,
      CI: "1",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_BUILD_CONDITIONS: "tidegate-source,workerd,worker,browser",
      WRANGLER_LOG_PATH: scratch,
      WRANGLER_SEND_METRICS: "false",
    },
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, for the supervisor to end.
    detached: true,
  });
  const ended = once(child, "exit");
  const stop = async () => {
    child.stdin!.end();
    await ended;
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  };
  const tooLate = setTimeout(() => child.stdin!.end(), startTimeoutMs);
  try {
    const url = await readAddress(child);
    return { url, strike: () => strike(url), stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(tooLate);
  }
}

async function strike(url: string): Promise<void> {
  const response = await fetch(`${url}/cdn-cgi/local/scheduled`);
  if (!response.ok) throw new Error(`scheduled ended with ${response.status}: ${await response.text()}`);
  await response.body?.cancel();
}

/** Waits for the line that says where it listens; what was printed instead is the error. */
async function readAddress(child: ChildProcess): Promise<string> {
  const printed: string[] = [];
  child.stderr!.on("data", (chunk: Buffer) => {
    printed.push(chunk.toString());
    // What Node says last of all: the process has ended, and the supervisor does not see it.
    if (/^Node\.js v\d/m.test(printed.join(""))) child.stdin!.end();
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    printed.push(`${line}\n`);
    const address = /Ready on (http:\/\/\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    // Whatever follows is the log of requests: read on, so that the pipe does not fill.
    child.stdout!.resume();
    return address;
  }
  throw new Error(`The Worker did not start:\n${printed.join("")}`);
}
