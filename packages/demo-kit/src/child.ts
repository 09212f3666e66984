import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** `.ts` in tests, which run from source, `.js` when built. */
const extension = extname(import.meta.url);

/** The address of a program, given without its ending: built or not like this file. */
export function programAt(name: string, base: string): URL {
  return new URL(`${name}${extension}`, base);
}

/**
 * Starts a Node program as a child that never outlives this process. It is the leader of a session of its own, so that
 * Ctrl-C in a terminal goes to this process alone, which then stops its children in order.
 */
export function startChild(program: URL, variables: Readonly<Record<string, string>> = {}): ChildProcess {
  const guard = programAt("./exit-with-parent", import.meta.url);
  return fork(fileURLToPath(program), {
    detached: true,
    env: { ...process.env, ...variables },
    execArgv: [...process.execArgv, "--import", guard.href],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
}

/** Whether a child has ended. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Ends a child: SIGTERM, and SIGKILL if that was not enough. May be called again. */
export async function stopChild(child: ChildProcess, patienceMs = 15_000): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  await ended;
  clearTimeout(timer);
}

/** How a child ended, for a message. */
export function describeEnd(child: ChildProcess): string {
  return child.signalCode === null ? `status ${child.exitCode}` : child.signalCode;
}
