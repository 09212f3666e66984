import { execFileSync } from "node:child_process";
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
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
 * Claims a data folder, since two servers on one append-only file destroy it. The claim is a file with the pid of who
 * holds it; one whose holder is gone is taken over. Waits a little for a holder that is ending.
 */
export async function claimDataDir(dir: string): Promise<DataDirClaim> {
  const path = join(dir, "redis.pid");
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (!isOurs(holder)) removeFile(path);
    else if (Date.now() > deadline)
      throw new Error(`${dir} is in use by another Tidegate (process ${holder})`);
    else await sleep(100);
  }
  return {
    handTo: (pid) => writeFileSync(path, String(pid)),
    release: () => removeFile(path),
  };
}

function readHolder(path: string): number | undefined {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Whether the process lives and can be a holder: after a restart of the machine the number may be anybody's. */
function isOurs(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    return /redis|valkey|node|tidegate/i.test(commandLine(pid));
  } catch {
    return false;
  }
}

function commandLine(pid: number): string {
  if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
}
