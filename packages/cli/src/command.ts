import type { Connection } from "./connect/connect.ts";
import type { IO } from "./io.ts";
import type { Output } from "./output/output.ts";

/** What stands behind a command's name, in order: `<topic>` must be there, `[group]` may, `[tickets...]` are many. */
export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
}

/** An option, in commander's notation: `--partitions <n>`, `--follow`, `-y, --yes`. Its name in the input is camel-cased. */
export interface OptionSpec {
  readonly flags: string;
  /** With its unit, and its default where that is the server's. */
  readonly description: string;
  /** Makes a value of the text; throws commander's InvalidArgumentError. For an option that repeats: of what came before, too. */
  parse?(text: string, previous: unknown): unknown;
  readonly choices?: readonly string[];
  readonly default?: unknown;
}

/** What a command is run with. */
export interface CommandCall<Input> {
  /** Arguments and options by name. */
  readonly input: Input;
  readonly client: Connection["client"];
  /** Where the client leads; for commands that go past HTTP when they may. */
  readonly connection: Connection;
  readonly out: Output;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: IO["env"];
  /** Aborted by ctrl-C, and when nobody reads the output any more. Give it to every call. */
  readonly signal: AbortSignal;
}

/** One command, such as `tidegate topics create`. One file each. */
export interface Command<Input extends object = object> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** More, for its own help. */
  readonly description?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Whole lines that one may type, beginning with `tidegate`. */
  readonly examples: readonly string[];
  /** Speaks to no server: it is run without a connection. */
  readonly offline?: boolean;
  /** Throws TidegateError for what the server refuses, UsageError for what was typed wrongly. */
  run(call: CommandCall<Input>): Promise<void>;
}
