import type { Command } from "./command.ts";

/** What stands behind the first word: one command, or a noun's verbs. Loaded when that word was typed. */
export interface Noun {
  readonly summary: string;
  load(): Promise<Command | readonly Command[]>;
}

/** The first words, in the order of the help. */
export const nouns: Readonly<Record<string, Noun>> = {
  topics: {
    summary: "Create, list, describe, change and delete topics",
    load: async () => (await import("./commands/topics/index.ts")).topicCommands,
  },
  groups: {
    summary: "List, describe, move, pause and delete groups",
    load: async () => (await import("./commands/groups/index.ts")).groupCommands,
  },
};
