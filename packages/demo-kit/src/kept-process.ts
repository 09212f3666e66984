import type { ChildProcess } from "node:child_process";
import { describeEnd, startChild, stopChild } from "./child.ts";

export interface KeptProcessOptions {
  readonly program: URL;
  /** What it is called in messages. */
  readonly name: string;
  /** What the program is told when it starts. */
  readonly settings: object;
  /** Told what the program says. */
  readonly onMessage: (message: unknown) => void;
  /** Told the process number whenever one was started. */
  readonly onStart?: (pid: number) => void;
  /** Told when it ends again and again, and is not started any more. */
  readonly onDeath: (error: Error) => void;
}

const mostRestarts = 10;

/** Keeps a process running: one that dies is replaced, as an operator's supervisor would. */
export class KeptProcess {
  readonly #options: KeptProcessOptions;
  #child: ChildProcess | null = null;
  #stopping = false;
  #restarts = 0;

  constructor(options: KeptProcessOptions) {
    this.#options = options;
  }

  start(): void {
    const { program, name, settings, onStart, onDeath, onMessage } = this.#options;
    const child = startChild(program);
    this.#child = child;
    child.on("message", onMessage);
    child.once("error", onDeath);
    child.once("exit", () => {
      if (this.#stopping) return;
      if (this.#restarts === mostRestarts) onDeath(new Error(`the ${name} ended with ${describeEnd(child)}`));
      else this.#restart();
    });
    // It may die before it has read them; its exit is told all the same.
    child.send(settings, () => {});
    if (child.pid !== undefined) onStart?.(child.pid);
  }

  /** Lets it finish what it has begun, then ends it. May be called again; legal before start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child) await stopChild(this.#child);
  }

  #restart(): void {
    this.#restarts += 1;
    this.start();
  }
}
