import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * The guard: a shell that starts Redis and holds the reading end of a pipe whose only writer is this process.
 * However this process ends (SIGKILL too), the kernel closes the pipe, and the guard ends Redis and removes the folder
 * if it is a temporary one. Redis is a child of the guard, so its pid cannot be reused before the guard knows.
 *
 * $1: the folder to remove when orphaned, or nothing. $2: the signal to end Redis with. The rest: the command.
 * A shell gives a background command /dev/null as its input, therefore the pipe is kept as descriptor 3. The shell lets
 * go of its output, or its "Killed" would meet a broken pipe and end it before it has removed the folder.
 */
const GUARD = `
remove=$1; signal=$2; shift 2
exec 3<&0
sh -c 'echo $$; exec "$@"' redis "$@" </dev/null 3<&- &
redis=$!
(
  while read -r _ <&3; do :; done
  trap '' TERM
  kill -s "$signal" "$redis"
  patience=100
  while [ $patience -gt 0 ] && kill -0 "$redis"; do sleep 0.1; patience=$((patience - 1)); done
  kill -s KILL "$redis"
  exit 0
) >/dev/null 2>&1 &
watch=$!
exec 3<&- >/dev/null 2>&1
wait "$redis"; status=$?
kill -s TERM "$watch" 2>/dev/null
wait "$watch" && [ -n "$remove" ] && rm -rf "$remove"
exit "$status"
`;

const KEPT_LOG_LINES = 40;

export interface SuperviseOptions {
  command: string;
  args: string[];
  /** Working directory of the server. */
  dir: string;
  /** Whether `dir` goes when this process dies without having stopped the server. */
  temporary: boolean;
  readyTimeoutMs?: number;
  /** What the server's log says once it is ready. Default: what Redis says; a Sentinel says something else. */
  readyLine?: string;
}

/** A running server, tied to the life of this process. */
export interface SupervisedRedis {
  readonly pid: number;
  /** Fulfilled when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Whether the server has ended. */
  readonly hasExited: () => boolean;
  /** The last lines of the server's log. */
  readonly log: () => string;
  /** Ends the server: SIGTERM, and SIGKILL if it has not ended after `patienceMs`. */
  stop(signal?: NodeJS.Signals, patienceMs?: number): Promise<void>;
}

/** The server ended before it was ready; `log` says why. */
export class RedisStartError extends Error {
  readonly log: string;

  constructor(message: string, log: string) {
    super(`${message}\n${log}`);
    this.name = "RedisStartError";
    this.log = log;
  }
}

/** Starts a Redis server under the guard and waits until it accepts connections. */
export async function superviseRedis(options: SuperviseOptions): Promise<SupervisedRedis> {
  const guardArgs = [options.temporary ? options.dir : "", options.temporary ? "KILL" : "TERM"];
  // A session of its own: Ctrl-C in a terminal goes to the application alone, which then stops Redis last.
  const guard = spawn("sh", ["-c", GUARD, "tidegate-redis", ...guardArgs, options.command, ...options.args], {
    cwd: options.dir,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let ended = false;
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      resolve();
    };
    guard.once("error", (error) => {
      lines.push(error.message);
      end();
    });
    guard.once("close", end);
  });
  const log = () => lines.join("\n");
  const { readyTimeoutMs = 30_000, readyLine = "Ready to accept connections" } = options;
  const pid = await waitUntilReady(guard, lines, exited, readyTimeoutMs, readyLine);
  setReferenced(guard, false);

  return {
    pid,
    exited,
    hasExited: () => ended,
    log,
    async stop(signal = "SIGTERM", patienceMs = 10_000) {
      if (ended) return;
      setReferenced(guard, true);
      sendSignal(pid, signal);
      const timer = setTimeout(() => sendSignal(pid, "SIGKILL"), patienceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** The first line is the server's pid; the one that says it is ready comes from this very process, so no other server on the port is mistaken for it. */
function waitUntilReady(
  guard: ChildProcess,
  lines: string[],
  exited: Promise<void>,
  timeoutMs: number,
  readyLine: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let pid: number | undefined;
    const timer = setTimeout(() => {
      guard.stdin?.destroy();
      reject(new RedisStartError(`Redis was not ready after ${timeoutMs} ms`, lines.join("\n")));
    }, timeoutMs);
    const onLine = (line: string) => {
      if (pid === undefined && /^\d+$/.test(line)) {
        pid = Number(line);
        return;
      }
      lines.push(line);
      if (lines.length > KEPT_LOG_LINES) lines.shift();
      if (pid !== undefined && line.includes(readyLine)) {
        clearTimeout(timer);
        resolve(pid);
      }
    };
    createInterface({ input: guard.stdout! }).on("line", onLine);
    createInterface({ input: guard.stderr! }).on("line", onLine);
    exited.then(() => {
      clearTimeout(timer);
      reject(new RedisStartError("Redis did not start", lines.join("\n")));
    });
  });
}

/** An embedded server alone does not keep the process alive; while it is being stopped it does. */
function setReferenced(guard: ChildProcess, referenced: boolean): void {
  for (const handle of [guard, guard.stdin, guard.stdout, guard.stderr] as ({
    ref?(): void;
    unref?(): void;
  } | null)[]) {
    if (referenced) handle?.ref?.();
    else handle?.unref?.();
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
