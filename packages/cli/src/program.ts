import { Argument, Command as Node, Option } from "commander";
import type { ArgumentSpec, Command, OptionSpec } from "./command.ts";
import { type Noun, nouns } from "./nouns.ts";
import { version } from "./version.ts";

/** Runs what was chosen; the input has arguments and options, those of the whole program among them. */
export type Execute = (command: Command, input: Record<string, unknown>) => Promise<void>;

const globalOptions: readonly OptionSpec[] = [
  {
    flags: "--server <url>",
    description: "address of the server; TIDEGATE_SERVER; default http://127.0.0.1:8080",
  },
  { flags: "--token <token>", description: "bearer token for it; TIDEGATE_TOKEN" },
  { flags: "--redis <url>", description: "go straight to Redis instead, with all rights; TIDEGATE_REDIS" },
  { flags: "--namespace <name>", description: "of the keys in Redis; TIDEGATE_NAMESPACE; default tidegate" },
  { flags: "--json", description: "print JSON: one document, or one a line where there is a stream of them" },
  { flags: "--no-color", description: "no colours; NO_COLOR" },
];

/** Global options that are followed by a value. */
const withValue = new Set(["--server", "--token", "--redis", "--namespace"]);

/** The first word of a command line that is no option: which noun is meant. */
export function nounOf(argv: readonly string[]): string | undefined {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index]!;
    if (withValue.has(word)) index += 1;
    else if (!word.startsWith("-")) return word;
  }
  return undefined;
}

/** The program with the commands of one noun, or of all; of the others it knows the summary. */
export async function makeProgram(loaded: string | undefined | "all", execute: Execute): Promise<Node> {
  const program = new Node("tidegate")
    .description("Tidegate on the command line: topics, messages, groups, tasks, and what is wrong with them")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError("(--help tells how it is used)")
    .exitOverride();
  for (const spec of globalOptions) program.addOption(optionOf(spec));
  program.addHelpText("after", exitCodeHelp);
  for (const [name, noun] of Object.entries(nouns)) {
    const isWanted = loaded === "all" || loaded === name;
    program.addCommand(isWanted ? await nodeOf(name, noun, execute) : new Node(name).summary(noun.summary));
  }
  for (const node of descendants(program)) node.copyInheritedSettings(node.parent!);
  return program;
}

const exitCodeHelp = `
Exit codes: 0 done, 1 refused, 2 wrong usage, 3 unreachable, 4 no rights, 130 interrupted

tidegate <command> --help has more, with examples.`;

async function nodeOf(name: string, noun: Noun, execute: Execute): Promise<Node> {
  const found = await noun.load();
  if (!Array.isArray(found)) return leafOf(found as Command, execute).summary(noun.summary);
  const node = new Node(name).summary(noun.summary).description(noun.summary);
  for (const command of found as readonly Command[]) node.addCommand(leafOf(command, execute));
  return node;
}

function leafOf(command: Command, execute: Execute): Node {
  const { name, summary, description = summary } = command;
  const node = new Node(name).summary(summary).description(description);
  for (const argument of command.arguments ?? []) node.addArgument(argumentOf(argument));
  for (const option of command.options ?? []) node.addOption(optionOf(option));
  const examples = command.examples.map((line) => `  $ ${line}`).join("\n");
  node.addHelpText("after", `\nExamples:\n${examples}`);
  return node.action(() => {
    const named = node.registeredArguments.map((argument, index) => [
      argument.name(),
      node.processedArgs[index],
    ]);
    return execute(command, { ...node.optsWithGlobals(), ...Object.fromEntries(named) });
  });
}

function argumentOf({ name, description, choices }: ArgumentSpec): Argument {
  const argument = new Argument(name, description);
  return choices === undefined ? argument : argument.choices(choices);
}

function optionOf({ flags, description, parse, choices, default: value }: OptionSpec): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices(choices);
  if (parse !== undefined) option.argParser(parse as (text: string, previous: unknown) => undefined);
  if (value !== undefined) option.default(value);
  return option;
}

function descendants(node: Node): Node[] {
  return node.commands.flatMap((child) => [child, ...descendants(child)]);
}
