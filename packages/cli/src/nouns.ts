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
  produce: {
    summary: "Publish lines of stdin or of a file",
    load: async () => (await import("./commands/produce.ts")).produce,
  },
  consume: {
    summary: "Print messages, of the log or for a group",
    load: async () => (await import("./commands/consume.ts")).consume,
  },
  groups: {
    summary: "List, describe, move, pause and delete groups",
    load: async () => (await import("./commands/groups/index.ts")).groupCommands,
  },
  "dead-letters": {
    summary: "List what groups have given up, and hand it to them again",
    load: async () => (await import("./commands/dead-letters/index.ts")).deadLetterCommands,
  },
  tasks: {
    summary: "List, show, retry and cancel runs of tasks; their schedules",
    load: async () => (await import("./commands/tasks/index.ts")).taskCommands,
  },
  flow: {
    summary: "Show, pin and pause how fast groups are handed messages",
    load: async () => (await import("./commands/flow/index.ts")).flowCommands,
  },
  gate: {
    summary: "Show and set the gate in front of a topic",
    load: async () => (await import("./commands/gate/index.ts")).gateCommands,
  },
  bench: {
    summary: "Measure how fast messages go in and come out here",
    load: async () => (await import("./commands/bench/bench.ts")).bench,
  },
  doctor: {
    summary: "Examine Redis: what is dangerous, and how to mend it",
    load: async () => (await import("./commands/doctor/doctor.ts")).doctor,
  },
  audit: {
    summary: "Recount topics: each message of each group in one state",
    load: async () => (await import("./commands/audit/audit.ts")).audit,
  },
  completion: {
    summary: "Print what makes bash or zsh complete commands, topics and groups",
    load: async () => (await import("./commands/completion/completion.ts")).completion,
  },
};
