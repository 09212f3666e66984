import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

/**
 * A shell that starts a server in a process group of its own and holds the reading end of a pipe whose only writer is
 * this process. However this process ends, the kernel closes the pipe; then the shell removes the folder and ends
 * the group, and with it itself. $1: the folder. The rest: the command.
 */
const GUARD = `
dir=$1; shift
exec 3<&0
{ "$@" </dev/null 3<&-; kill -s KILL 0; } 2>&1 &
while read -r _ <&3; do :; done
rm -rf "$dir"
kill -s KILL 0
`;

export interface GuardedChildOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Goes with the child. */
  readonly dir: string;
  /** What it prints when it is ready. */
  readonly ready: RegExp;
}

/** A server of a peer, which never outlives this process. */
export interface GuardedChild {
  /** Everything that it printed until it was ready. */
  readonly output: string;
  stop(): Promise<void>;
}

/** Starts a server and waits until it says that it is ready. */
export async function startGuardedChild(options: GuardedChildOptions): Promise<GuardedChild> {
  const { command, env, dir, ready } = options;
  const guard = spawn("sh", ["-c", GUARD, "tidegate-bench-peer", dir, ...command], {
    cwd: dir,
    detached: true,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(guard, "close");
  const lines: string[] = [];
  const stop = async () => {
    guard.stdin.end();
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  const isReady = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), 60_000);
    const onLine = (line: string) => {
      lines.push(line);
      if (ready.test(line)) resolve(true);
    };
    createInterface({ input: guard.stdout }).on("line", onLine);
    createInterface({ input: guard.stderr }).on("line", onLine);
    ended.then(() => resolve(false));
    timer.unref();
  });
  if (!isReady) {
    await stop();
    throw new Error(`${command[0]} did not start:\n${lines.slice(-20).join("\n")}`);
  }
  return { output: lines.join("\n"), stop };
}
