import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { findRedisServer, type SupervisedRedis, superviseRedis } from "@tidegate/embedded-redis";
import { type ComposeFolder, type ComposeService, mountsOf } from "./compose-file.ts";

const configurationFolder = "/etc/tidegate";

export interface RunServiceOptions {
  readonly folder: ComposeFolder;
  readonly service: ComposeService;
  /** What each address and name of the compose network is on this machine: `172.31.76.11:6379` → `127.0.0.1:40001`. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Arguments behind those of the file: ports of this machine. */
  readonly args?: readonly string[];
  /** Variables besides those of the file. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with the folder that stands for /etc/tidegate, before the start: to put in what is of this machine. */
  readonly edit?: (configuration: string) => void;
  readonly readyLine?: string;
}

/** A Redis or a Sentinel that runs as a compose file says. */
export interface RunningService {
  readonly process: SupervisedRedis;
  /** What is /data in the container. It stays over restarts. */
  readonly data: string;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts what a service of a compose file starts, with its entrypoint, command, variables and mounted files, on this
 * machine in place of a container: the mounted files lie in a folder of their own, and addresses are those of loopback.
 */
export async function runService(options: RunServiceOptions): Promise<RunningService> {
  const { folder, service, addresses = {}, readyLine } = options;
  const scratch = mkdtempSync(join(tmpdir(), "tidegate-infra-"));
  const [configuration, data] = ["configuration", "data"].map((name) => join(scratch, name)) as [
    string,
    string,
  ];
  for (const path of [configuration, data]) mkdirSync(path);
  for (const [target, source] of mountsOf(folder, service))
    copyFileSync(source, join(configuration, basename(target)));
  options.edit?.(configuration);

  const here = (text: string) =>
    Object.entries(addresses).reduce(
      (replaced, [there, address]) => replaced.replaceAll(there, address),
      text.replaceAll(configurationFolder, configuration),
    );
  const program = (await findRedisServer({ install: false })).path;
  const command = [...(service.entrypoint ?? []), ...(service.command ?? []), ...(options.args ?? [])]
    .map(here)
    .map((word) => (word === "redis-server" ? program : word));
  const environment = Object.entries({ ...service.environment, ...options.environment });
  const start = () =>
    superviseRedis({
      command: "env",
      args: [...environment.map(([name, value]) => `${name}=${here(value)}`), ...command],
      dir: data,
      temporary: false,
      ...(readyLine === undefined ? {} : { readyLine }),
    });
  let process = await start();
  return {
    get process() {
      return process;
    },
    data,
    async restart() {
      await process.stop("SIGTERM");
      process = await start();
    },
    async stop() {
      await process.stop("SIGKILL");
      rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
