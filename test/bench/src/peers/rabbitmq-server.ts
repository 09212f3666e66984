import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, LOOPBACK } from "@tidegate/embedded-redis";
import { findProgram } from "./find-program.ts";
import { startGuardedChild } from "./guarded-child.ts";
import type { PeerServer } from "./peer-servers.ts";

/** Debian's own on the PATH becomes another user and forgets the environment; this is the one behind it. */
const DEBIAN_FOLDER = "/usr/lib/rabbitmq/bin";

/**
 * Starts a RabbitMQ of the bench's own: ports, node name, home and data are apart from any other on the machine, and
 * so is the port mapper that Erlang wants. Null where it is not installed.
 */
export async function startRabbitmqServer(): Promise<PeerServer | null> {
  const program = findProgram("rabbitmq-server", [DEBIAN_FOLDER]);
  const mapper = findProgram("epmd");
  if (program === null || mapper === null) return null;
  const [port, distributionPort, mapperPort] = [await freePort(), await freePort(), await freePort()];
  const mapped = { ERL_EPMD_PORT: String(mapperPort), ERL_EPMD_ADDRESS: LOOPBACK };
  const epmd = await startGuardedChild({
    command: [mapper, "-d", "-port", String(mapperPort), "-address", LOOPBACK],
    env: {},
    dir: temporaryFolder(),
    ready: /epmd running/,
  });
  const dir = temporaryFolder();
  try {
    const server = await startGuardedChild({
      command: [program],
      env: { ...mapped, ...environment(dir, port, distributionPort) },
      dir,
      ready: /Server startup complete/,
    });
    const version = /Starting RabbitMQ ([\d.]+)/.exec(server.output)?.[1] ?? "unknown";
    const stop = async () => {
      await server.stop();
      await epmd.stop();
    };
    return { url: `amqp://guest:guest@${LOOPBACK}:${port}`, version, stop };
  } catch (error) {
    await epmd.stop();
    throw error;
  }
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "tidegate-rabbitmq-"));
}

function environment(dir: string, port: number, distributionPort: number): Record<string, string> {
  const config = join(dir, "rabbitmq.conf");
  const lines = [`listeners.tcp.1 = ${LOOPBACK}:${port}`, "log.console = true", "log.file = false"];
  writeFileSync(config, `${lines.join("\n")}\n`);
  writeFileSync(join(dir, "enabled_plugins"), "[].\n");
  return {
    HOME: dir,
    RABBITMQ_CONF_ENV_FILE: join(dir, "no-rabbitmq-env.conf"),
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, "enabled_plugins"),
    RABBITMQ_FEATURE_FLAGS_FILE: join(dir, "feature_flags"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(dir, "generated"),
    RABBITMQ_LOG_BASE: join(dir, "log"),
    RABBITMQ_MNESIA_BASE: join(dir, "data"),
    RABBITMQ_NODENAME: `tidegate-bench-${process.pid}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_PID_FILE: join(dir, "pid"),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
  };
}
