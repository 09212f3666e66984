import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { findProgram } from "./find-program.ts";

const run = promisify(execFile);

/** What Debian asks before it starts the service of a package. */
const POLICY = "/usr/sbin/policy-rc.d";
const REFUSE_ALL = "#!/bin/sh\nexit 101\n";

/**
 * Installs the servers of RabbitMQ and NATS with apt-get, as root, unless they are there. Only the programs are
 * wanted: the services that Debian would start are kept from starting, now and at the next boot.
 */
export async function installPeers(tell: (text: string) => void): Promise<void> {
  const missing = ["rabbitmq-server", "nats-server"].filter((name) => findProgram(name) === null);
  if (missing.length === 0) return;
  if (process.platform !== "linux" || process.getuid?.() !== 0 || findProgram("apt-get") === null)
    throw new Error(`--install-peers needs root and apt-get; install ${missing.join(" and ")} yourself`);
  tell(`installing ${missing.join(" and ")} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], { env });
  await withoutServices(() =>
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env }),
  );
  for (const name of missing) await run("systemctl", ["disable", name]).catch(() => {});
}

async function withoutServices(install: () => Promise<unknown>): Promise<void> {
  const own = !existsSync(POLICY);
  if (own) writeFileSync(POLICY, REFUSE_ALL, { mode: 0o755 });
  try {
    await install();
  } finally {
    if (own) rmSync(POLICY);
  }
}
