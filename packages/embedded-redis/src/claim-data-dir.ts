import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Longer than the guard of a killed process needs to end its Redis. */
const PATIENCE_MS = 12_000;

export interface DataDirClaim {
  /** Hands the claim to the server, which may outlive this process by the moment that its guard needs. */
  handTo(pid: number): void;
  release(): void;
}

/**
 * Claims a data folder, since two servers on one append-only file destroy it. The claim is a file that names the process
 * that holds it; one whose holder is gone is taken over. Waits a little for a holder that is ending.
 */
export async function claimDataDir(dir: string, patienceMs = PATIENCE_MS): Promise<DataDirClaim> {
  const path = join(dir, "redis.pid");
  for (const deadline = Date.now() + patienceMs; ; ) {
    if (create(path)) break;
    const [pid, startedAt] = readHolder(path);
    const held = startedAt && startedAt === startOf(Number(pid));
    if (!held) rmSync(path, { force: true });
    else if (Date.now() > deadline) throw new Error(`${dir} is in use by another Tidegate (process ${pid})`);
    else await sleep(50);
  }
  return {
    handTo: (pid) => writeFileSync(path, describe(pid)),
    release: () => rmSync(path, { force: true }),
  };
}

function create(path: string): boolean {
  // A link appears whole or not at all, so nobody reads a claim that is half written and takes it for garbage.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, describe(process.pid));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Process numbers are used again, in a container after each start; with the time of its start a process is known for sure. */
function describe(pid: number): string {
  return `${pid}\n${startOf(pid)}\n`;
}

function readHolder(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
}

/** When a process was started, in whatever form the system tells it; undefined if there is none. */
function startOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid)) return undefined;
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    }
    // The program's name, second in the line, may hold spaces and parentheses. Start is field 22, state field 3.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
