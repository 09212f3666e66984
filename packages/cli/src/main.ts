import { CommanderError } from "commander";
import type { Command } from "./command.ts";
import { type AddressOptions, addressOf } from "./connect/address.ts";
import { type Connection, connect } from "./connect/connect.ts";
import { errorLine, exitCodeOf, exitCodes } from "./exit-codes.ts";
import { type IO, OutputClosed } from "./io.ts";
import { isClosed, outputOn } from "./output/output.ts";
import { printable } from "./output/printable.ts";
import { makeProgram, nounOf } from "./program.ts";
import { UsageError } from "./usage-error.ts";

/** Runs a command line, without the program's name, and answers its exit status. Never throws. */
export async function run(argv: readonly string[], io: IO): Promise<number> {
  const closed = new AbortController();
  // Without a listener, a pipe that was closed would end the process with a stack trace.
  const onError = (error: Error) => {
    if (isClosed(error)) closed.abort(new OutputClosed());
  };
  io.stdout.on("error", onError);
  io.stderr.on("error", onError);
  const signal = AbortSignal.any([io.signal, closed.signal]);
  let connection: Connection | null = null;
  const execute = async (command: Command, input: Record<string, unknown>) => {
    const { json, color } = input as { json?: boolean; color: boolean };
    const out = outputOn(io, { json: json ?? false, color, signal });
    if (command.offline !== true) connection = await connect(addressOf(input as AddressOptions, io.env));
    const client = connection?.client as Connection["client"];
    await command.run({ input, client, connection: connection!, out, stdin: io.stdin, env: io.env, signal });
  };
  try {
    await parse(argv, io, execute);
    signal.throwIfAborted();
    return exitCodes.ok;
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error;
    return fail(reason, io, (connection as Connection | null)?.target ?? null);
  } finally {
    await (connection as Connection | null)?.close().catch(() => {});
    io.stdout.off("error", onError);
    io.stderr.off("error", onError);
  }
}

async function parse(
  given: readonly string[],
  io: IO,
  execute: Parameters<typeof makeProgram>[1],
): Promise<void> {
  // `tidegate help topics create`, as other tools have it.
  const argv = given[0] === "help" ? [...given.slice(1), "--help"] : given;
  const program = await makeProgram(nounOf(argv), execute);
  const width = (stream: IO["stdout"]) => stream.columns ?? 100;
  for (const node of [program, ...program.commands.flatMap((child) => [child, ...child.commands])])
    node.configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => width(io.stdout),
      getErrHelpWidth: () => width(io.stderr),
    });
  await program.parseAsync(argv, { from: "user" });
}

function fail(error: unknown, io: IO, target: string | null): number {
  // Commander has said what was wrong; what was asked for, such as help, is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const line = errorLine(error, target);
  if (line !== null) io.stderr.write(`${printable(line)}\n`);
  if (error instanceof UsageError) io.stderr.write("(--help tells how it is used)\n");
  return exitCodeOf(error);
}
