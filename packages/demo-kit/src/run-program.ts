import { OptionsError } from "./read-arguments.ts";

/** Somebody has asked for the end. */
class Stopped extends Error {}

/** npm passes a terminal's Ctrl-C on to whoever has had it already, so that one comes twice. */
const sameSignalMs = 1_000;

/**
 * Runs a demo's program and sets the exit status: what it answers, 1 when something failed, 2 for bad options, 130 when
 * it was stopped. The first signal aborts, and what was started is stopped in order; a later one does not wait: children
 * see their parent go.
 */
export async function runProgram(
  name: string,
  program: (signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const signal = stopOnSignals();
  process.exitCode = await program(signal).catch((error: unknown) => {
    if (error instanceof Stopped) {
      console.error(`${name}: stopped`);
      return 130;
    }
    console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    return error instanceof OptionsError ? 2 : 1;
  });
}

function stopOnSignals(): AbortSignal {
  const stopping = new AbortController();
  let firstAt = 0;
  const stop = (): void => {
    if (!stopping.signal.aborted) {
      firstAt = performance.now();
      stopping.abort(new Stopped());
    } else if (performance.now() - firstAt > sameSignalMs) process.exit(130);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return stopping.signal;
}
