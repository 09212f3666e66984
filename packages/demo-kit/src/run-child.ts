/** What a child process runs. */
export interface ChildProgram {
  start(): Promise<void>;
  /** Finishes what was begun. */
  stop(): Promise<void>;
}

/** Tells the parent something. It may have died a moment ago: its end is noticed by the channel's. */
export type Tell = (message: string | number | object) => void;

/**
 * Runs the program of a child process (`KeptProcess`): its parent tells it the settings, it tells the parent how things
 * stand. Ends in order on SIGTERM.
 */
export function runChild<Settings extends object>(
  name: string,
  make: (settings: Settings, tell: Tell) => ChildProgram,
  onExit: (settings: Settings, orphaned: boolean) => void = () => {},
): void {
  const parent = process.ppid;
  const fail = (error: unknown): never => {
    console.error(`${name}:`, error);
    process.exit(1);
  };
  process.once("message", (settings: Settings) => {
    const program = make(settings, (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => {});
    });
    process.once("SIGTERM", () => {
      program.stop().then(() => process.exit(0), fail);
    });
    process.once("exit", () => onExit(settings, !process.connected || process.ppid !== parent));
    program.start().catch(fail);
  });
}
