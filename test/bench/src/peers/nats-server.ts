import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, LOOPBACK } from "@tidegate/embedded-redis";
import { findProgram } from "./find-program.ts";
import { startGuardedChild } from "./guarded-child.ts";
import type { PeerServer } from "./peer-servers.ts";

/** Starts a NATS server with JetStream in a temporary folder. Null where it is not installed. */
export async function startNatsServer(): Promise<PeerServer | null> {
  const program = findProgram("nats-server");
  if (program === null) return null;
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "tidegate-nats-"));
  const server = await startGuardedChild({
    command: [program, "--addr", LOOPBACK, "--port", String(port), "--jetstream", "--store_dir", dir],
    env: {},
    dir,
    ready: /Server is ready/,
  });
  const version = /Version:\s+([\d.]+)/.exec(server.output)?.[1] ?? "unknown";
  return { url: `nats://${LOOPBACK}:${port}`, version, stop: server.stop };
}
