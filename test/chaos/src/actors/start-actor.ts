import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ActorConfig, ActorOrder } from "./actor-config.ts";

/** A process that is killed, stopped and started again under the same name. */
export interface Proc {
  readonly name: string;
  readonly pid: number;
  /** Sends a signal; after SIGKILL, waits for the end. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Starts it anew once it has ended. */
  restart(): Promise<void>;
  /** Only for actors. */
  order(order: ActorOrder): void;
  /** Waits so long for it to end by itself, then kills it. */
  end(patienceMs: number): Promise<void>;
}

const entry = fileURLToPath(new URL("./actor.ts", import.meta.url));
const preload = new URL("./skewed-date.ts", import.meta.url).href;

/** Starts an actor; each start has a name of its own in the history. */
export async function startActor(folder: string, config: Omit<ActorConfig, "journal">): Promise<Proc> {
  let starts = 0;
  const launch = async () => {
    starts += 1;
    const name = `${config.name}#${starts}`;
    const file = join(folder, "actors", `${name}.json`);
    mkdirSync(join(folder, "actors"), { recursive: true });
    const own: ActorConfig = {
      ...config,
      name,
      seed: `${config.seed}/${starts}`,
      journal: join(folder, `${name}.ndjson`),
    };
    writeFileSync(file, JSON.stringify(own));
    const child = spawn(process.execPath, [...conditions, "--import", preload, entry, file], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, CHAOS_SKEW_MS: String(config.skewMs) },
    });
    await Promise.race([once(child, "message"), once(child, "exit")]);
    return child;
  };
  return supervise(config.name, launch);
}

const conditions = ["--conditions=tidegate-source", "--disable-warning=ExperimentalWarning"];
const server = fileURLToPath(new URL("../../../../apps/server/src/main.ts", import.meta.url));

/** Starts the server as its users run it. */
export function startServerProcess(port: number, redisUrl: string, namespace: string): Promise<Proc> {
  return supervise("server", async () => {
    const child = spawn(process.execPath, [...conditions, server], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        PORT: String(port),
        REDIS_URL: redisUrl,
        TIDEGATE_NAMESPACE: namespace,
        TIDEGATE_LOG_LEVEL: "silent",
      },
    });
    await Promise.race([once(child.stdout!, "data"), once(child, "exit")]);
    return child;
  });
}

async function supervise(name: string, launch: () => Promise<ChildProcess>): Promise<Proc> {
  let child = await launch();
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const killLast = () => {
    if (!ended()) child.kill("SIGKILL");
  };
  process.on("exit", killLast);
  const kill = async () => {
    if (ended()) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  return {
    name,
    get pid() {
      return child.pid ?? 0;
    },
    async signal(signal) {
      if (signal === "SIGKILL") await kill();
      else if (!ended()) child.kill(signal);
    },
    async restart() {
      await kill();
      child = await launch();
    },
    order(order) {
      if (!ended() && child.connected) child.send(order, () => {});
    },
    async end(patienceMs) {
      if (!ended()) {
        child.kill("SIGCONT");
        if (child.connected) child.send("stop" satisfies ActorOrder, () => {});
        else child.kill("SIGTERM");
        const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
        if (!ended()) await once(child, "exit");
        clearTimeout(timer);
      }
      process.off("exit", killLast);
    },
  };
}
