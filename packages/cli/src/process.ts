import { Interruption, type IO } from "./io.ts";
import { run } from "./main.ts";

/** How long a run that was interrupted waits for who does not take its output. */
const stuckMs = 500;

/** Runs the command line of this process, and ends the process. */
export async function runProcess(): Promise<void> {
  const interruption = new AbortController();
  // The first signal lets the command give back what it holds; a second one does not wait.
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => {
      const reason = new Interruption(name);
      if (interruption.signal.aborted) process.exit(reason.exitCode);
      interruption.abort(reason);
    });
  const { stdin, stdout, stderr, env } = process;
  const io: IO = { stdin, stdout, stderr, env, signal: interruption.signal };
  const code = await run(process.argv.slice(2), io);
  // A pipe may still have to take what was written; a closed one says so, which is all the same now.
  stdout.on("error", () => {});
  stdout.write("", () => process.exit(code));
  if (interruption.signal.aborted) setTimeout(() => process.exit(code), stuckMs);
}
