import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Memory of a process in bytes, after a garbage collection. */
export interface ProcessMemory {
  readonly rss: number;
  /** What JavaScript uses, buffers outside of its heap included. */
  readonly heap: number;
}

/** A Node process whose memory and output are watched. */
export interface WatchedProcess {
  readonly pid: number;
  /** Lines of stdout and of stderr so far. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Null while it runs; the exit code, or the name of the signal that ended it. */
  readonly endedBy: number | string | null;
  readonly ended: Promise<number | string>;
  /** The first line of stdout that matches, which may have come before. Rejects when the process ends without it. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  memory(): Promise<ProcessMemory>;
  send(message: string): void;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

const probe = new URL("./probe.ts", import.meta.url).href;

/** Runs a module of this repository in a process of its own, from source. It does not outlive this one. */
export function startWatched(
  module: URL,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): WatchedProcess {
  const options = ["--conditions=tidegate-source", "--expose-gc", "--import", probe];
  const child = spawn(process.execPath, [...options, fileURLToPath(module), ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let endedBy: number | string | null = null;
  const ended = once(child, "close").then(([code, signal]) => {
    process.off("exit", kill);
    endedBy = (code ?? signal) as number | string;
    return endedBy;
  });
  const stdout = linesOf(child.stdout!);
  const stderr = linesOf(child.stderr!);
  return {
    pid: child.pid!,
    stdout: stdout.lines,
    stderr: stderr.lines,
    get endedBy() {
      return endedBy;
    },
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (line: string) => {
          const match = pattern.exec(line);
          if (match !== null) resolve(match);
        };
        stdout.lines.forEach(look);
        stdout.reader.on("line", look);
        void ended.then((how) => reject(new Error(`it ended with ${how}: ${stderr.lines.join("\n")}`)));
      }),
    memory: () => askMemory(child, ended),
    send: (message) => void child.send(message),
    end(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}

function linesOf(stream: NodeJS.ReadableStream) {
  const lines: string[] = [];
  const reader = createInterface({ input: stream });
  reader.on("line", (line) => lines.push(line));
  return { lines, reader };
}

async function askMemory(child: ChildProcess, ended: Promise<number | string>): Promise<ProcessMemory> {
  const answer = once(child, "message") as Promise<[ProcessMemory]>;
  child.send("memory");
  const gone = ended.then((how) => {
    throw new Error(`it ended with ${how}`);
  });
  const [memory] = await Promise.race([answer, gone]);
  return memory;
}
