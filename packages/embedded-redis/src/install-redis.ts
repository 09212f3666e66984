import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);
const SYSTEM_PORT = 6379;

/**
 * Installs redis-server with the system's package manager: apt-get as root, brew on macOS.
 * Answers false where neither may be used or the installation fails.
 */
export async function installRedis(log: (line: string) => void): Promise<boolean> {
  if (process.platform === "darwin") {
    log("installing redis with brew (HOMEBREW_NO_AUTO_UPDATE=1 brew install redis)");
    return execute("brew", ["install", "--quiet", "redis"], { HOMEBREW_NO_AUTO_UPDATE: "1" }, log);
  }
  if (process.platform === "linux" && process.getuid?.() === 0) {
    return installWithApt(log);
  }
  return false;
}

/** Debian starts a service on 6379 after the installation; only the program is wanted, so it is stopped again. */
async function installWithApt(log: (line: string) => void): Promise<boolean> {
  const portWasTaken = await isListening(SYSTEM_PORT);
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  log("installing redis-server with apt-get");
  await execute("apt-get", ["update", "-qq"], quiet, log);
  const install = ["install", "-y", "-qq", "--no-install-recommends", "redis-server"];
  if (!(await execute("apt-get", install, quiet, log))) return false;
  if (!portWasTaken) await stopSystemService();
  return true;
}

async function stopSystemService(): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    await run("systemctl", ["disable", "--now", "redis-server"]).catch(() => {});
  } else if (await isListening(SYSTEM_PORT)) {
    await run("service", ["redis-server", "stop"]).catch(() => {});
  }
}

/** Runs a program to its end; its output is told only when it fails. */
function execute(
  program: string,
  args: string[],
  env: Record<string, string>,
  log: (line: string) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4096);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => {
      log(`${program} could not be run: ${error.message}`);
      resolve(false);
    });
    child.on("close", (code) => {
      if (code !== 0) log(`${program} ${args.join(" ")} ended with ${code}: ${output.trim()}`);
      resolve(code === 0);
    });
  });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
