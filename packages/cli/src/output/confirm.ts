import { Interruption, type IO } from "../io.ts";
import { UsageError } from "../usage-error.ts";
import { printable } from "./printable.ts";

/** Asks on the terminal. Throws UsageError where there is none, Interruption for ctrl-C. */
export async function confirm({ stdin, stderr, signal }: IO, question: string): Promise<boolean> {
  if (!stdin.isTTY || !stderr.isTTY)
    throw new UsageError(`--yes is needed where nobody can be asked: ${question}`);
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: stdin, output: stderr });
  // While it reads a line, the terminal sends ctrl-C as a character; ctrl-D ends the input, and is no answer.
  const ended = new Promise<string>((resolve, reject) => {
    lines.once("SIGINT", () => reject(new Interruption("SIGINT")));
    lines.once("close", () => resolve(""));
  });
  try {
    const answer = await Promise.race([lines.question(`${printable(question)} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    ended.catch(() => {});
    lines.close();
  }
}
