import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { describeEnd, programAt, startChild, stopChild } from "@tidegate/demo-kit";

export interface ServerProcessOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  /** As in TIDEGATE_TOKENS. Default: none, so that everybody on this machine may do everything. */
  readonly tokens?: string;
  /** As in TIDEGATE_PUSH_ALLOW. Default: only public addresses are called. */
  readonly pushAllow?: string;
  /** Told when the server ends without having been stopped. */
  readonly onDeath: (error: Error) => void;
}

/** A Tidegate server in a process of its own, as `npm start` runs it. */
export interface ServerProcess {
  /** Address, without a slash at its end. */
  readonly url: string;
  /** Finishes what is in flight, then ends: nothing is appended afterwards. May be called again. */
  stop(): Promise<void>;
}

/** Starts the server on a free port of loopback, and waits until it listens. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const child = startChild(programAt("./main", import.meta.resolve("@tidegate/server")), {
    PORT: "0",
    HOST: "127.0.0.1",
    REDIS_URL: options.redisUrl,
    TIDEGATE_NAMESPACE: options.namespace,
    TIDEGATE_TOKENS: options.tokens ?? "",
    TIDEGATE_PUSH_ALLOW: options.pushAllow ?? "",
    TIDEGATE_LOG_LEVEL: "warn",
  });
  let stopping = false;
  child.once("exit", () => {
    if (!stopping) options.onDeath(new Error(`the server ended with ${describeEnd(child)}`));
  });
  const url = await addressOf(child);
  return {
    url,
    stop() {
      stopping = true;
      return stopChild(child);
    },
  };
}

/** The server says its address in one line when it is ready. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const address = /listening on (\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the server did not start: ${describeEnd(child)}`)));
  });
}
