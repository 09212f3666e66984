import type { Argument, Command as Node, Option } from "commander";
import { makeProgram, nounOf } from "../../program.ts";
import type { Names } from "./names.ts";

/** What may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/**
 * What may come in place of the last of these words, which stand behind the program's name. Of topics and groups the names
 * come from where the command line would connect to.
 */
export async function candidatesFor(
  words: readonly string[],
  namesOf: (options: GivenOptions) => Names,
): Promise<Candidate[]> {
  const current = words.at(-1) ?? "";
  const program = await makeProgram(nounOf(words.slice(0, -1)), async () => {});
  const place = placeOf(program, words.slice(0, -1));
  const names = namesOf(place.given);
  if (place.pending !== null) return matching(current, await valuesOf(place.pending, place, names));
  const assigned = /^(--[^=]+)=(.*)$/.exec(current);
  if (assigned !== null) {
    const option = optionsOf(place.node).find(({ long }) => long === assigned[1]);
    const values = option === undefined ? [] : await valuesOf(option, place, names);
    return matching(
      current,
      values.map(({ value, description }) => ({ value: `${assigned[1]}=${value}`, description })),
    );
  }
  if (current.startsWith("-")) return matching(current, optionsOf(place.node).map(flagOf));
  const { commands, registeredArguments } = place.node;
  if (commands.length > 0) {
    // A word that is no command leads nowhere.
    if (place.positionals.length > 0) return [];
    return matching(
      current,
      commands.map((node) => ({ value: node.name(), description: node.summary() })),
    );
  }
  const argument = registeredArguments[place.positionals.length];
  return argument === undefined ? [] : matching(current, await argumentValues(argument, place, names));
}

/** Options that were typed, by their names in the input; of those that say where to connect to, the values count. */
export type GivenOptions = Readonly<Record<string, string>>;

interface Place {
  readonly node: Node;
  readonly positionals: readonly string[];
  readonly given: GivenOptions;
  /** The option whose value comes next. */
  readonly pending: Option | null;
}

/** Where in the tree of commands one is behind these words. */
function placeOf(program: Node, words: readonly string[]): Place {
  let node = program;
  let pending: Option | null = null;
  const positionals: string[] = [];
  const given: Record<string, string> = {};
  for (const word of words) {
    if (pending !== null) {
      given[pending.attributeName()] = word;
      pending = null;
    } else if (word.startsWith("-")) {
      const [flag, value] = word.split("=", 2);
      const option = optionsOf(node).find(({ long, short }) => flag === long || flag === short);
      if (option?.required && value === undefined) pending = option;
      else if (option !== undefined) given[option.attributeName()] = value ?? "";
    } else {
      const child: Node | undefined = node.commands.find((command) => command.name() === word);
      if (child === undefined) positionals.push(word);
      else node = child;
    }
  }
  return { node, positionals, given, pending };
}

/** A command's options and those of the whole program. */
function optionsOf(node: Node): Option[] {
  const options: Option[] = [...node.createHelp().visibleOptions(node)];
  for (let parent = node.parent; parent !== null; parent = parent.parent)
    options.push(
      ...parent
        .createHelp()
        .visibleOptions(parent)
        .filter(({ long }) => long !== "--help"),
    );
  return options;
}

function flagOf({ long, description }: Option): Candidate {
  return { value: long ?? "", description };
}

async function valuesOf(option: Option, place: Place, names: Names): Promise<Candidate[]> {
  if (option.argChoices !== undefined) return option.argChoices.map((value) => ({ value, description: "" }));
  if (option.long === "--group" && place.positionals[0] !== undefined)
    return names.groups(place.positionals[0]);
  return [];
}

async function argumentValues(
  argument: Argument,
  { positionals }: Place,
  names: Names,
): Promise<Candidate[]> {
  if (argument.argChoices !== undefined)
    return argument.argChoices.map((value) => ({ value, description: "" }));
  if (argument.name() === "topic") return names.topics();
  if (argument.name() === "group" && positionals[0] !== undefined) return names.groups(positionals[0]);
  return [];
}

function matching(current: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ value }) => value !== "" && value.startsWith(current));
}
