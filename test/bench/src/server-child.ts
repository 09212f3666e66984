import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program of the bench in a process of its own, as a server of a user would be. */
export interface ServerChild {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Runs a file of the bench with an argument, and waits for the line that says where it listens. */
export async function startServerChild(file: URL, argument: string): Promise<ServerChild> {
  // In a test nothing is built.
  const conditions = process.env.VITEST
    ? ["--conditions=tidegate-source"]
    : process.execArgv.filter((one) => one.startsWith("--conditions="));
  const child = spawn(process.execPath, [...conditions, fileURLToPath(file), argument], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = once(child, "exit").then(() => process.off("exit", kill));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    void ended.then(() => reject(new Error(`${file} ended before it listened`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { url, pid: child.pid!, stop };
}
