import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { installRedis } from "./install-redis.ts";

const run = promisify(execFile);

export interface FindRedisServerOptions {
  /** Whether the system's package manager may be asked when no server is on the PATH. */
  install: boolean;
  /** Told what is installed, since that takes a while. */
  log?: (line: string) => void;
}

/** A server program fit for Tidegate. */
export interface RedisServerProgram {
  path: string;
  /** `redis` or `valkey`. */
  flavour: string;
  version: string;
}

const NAMES = ["redis-server", "valkey-server"];

/** Where a package manager puts programs although a service's PATH often lacks it. */
const MORE_FOLDERS = ["/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"];

const WHAT_TO_INSTALL =
  "Tidegate needs Redis 7.0 or later, or Valkey 7.2 or later: set REDIS_URL, or install one (Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis)";

/** Finds a redis-server or valkey-server of version 7 or later; throws one line that says what to install. */
export async function findRedisServer(options: FindRedisServerOptions): Promise<RedisServerProgram> {
  const tooOld: string[] = [];
  const found = await searchPath(tooOld);
  if (found) return found;
  if (options.install && (await installRedis(options.log ?? (() => {})))) {
    const installed = await searchPath(tooOld);
    if (installed) return installed;
  }
  throw new Error(
    tooOld.length === 0 ? WHAT_TO_INSTALL : `${WHAT_TO_INSTALL}. Too old: ${tooOld.join(", ")}`,
  );
}

async function searchPath(tooOld: string[]): Promise<RedisServerProgram | undefined> {
  const folders = new Set([...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...MORE_FOLDERS]);
  for (const name of NAMES) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (!isExecutable(path)) continue;
      const program = await readVersion(path);
      if (program && Number.parseInt(program.version, 10) >= 7) return program;
      tooOld.push(`${path} ${program?.version ?? "of an unknown version"}`);
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function readVersion(path: string): Promise<RedisServerProgram | undefined> {
  const { stdout } = await run(path, ["--version"]).catch(() => ({ stdout: "" }));
  const match = /^(Redis|Valkey) server v=(\S+)/i.exec(stdout);
  return match ? { path, flavour: match[1]!.toLowerCase(), version: match[2]! } : undefined;
}
