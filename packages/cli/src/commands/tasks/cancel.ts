import type { Command } from "../../command.ts";

interface Input {
  readonly task: string;
  readonly ids: readonly string[];
}

/** `tidegate tasks cancel` */
export const cancelTasks: Command<Input> = {
  name: "cancel",
  summary: "Let runs end, whether they wait or run",
  description:
    "Lets runs end, whether they wait or run: a handler that runs has its signal aborted. The first that has ended already stops the command with TASK_STATE.",
  arguments: [
    { name: "<task>", description: "its name" },
    { name: "<ids...>", description: "of runs" },
  ],
  examples: ["tidegate tasks cancel send-mail 5f0c7a", "tidegate tasks cancel send-mail 5f0c7a 77aa01"],
  async run({ input, client, out, signal }) {
    const { task, ids } = input;
    const cancelled: string[] = [];
    try {
      for (const id of ids) {
        await client.tasks.cancel(task, id, { signal });
        cancelled.push(id);
      }
    } finally {
      if (cancelled.length > 0 || ids.length === 0)
        await out.document({ task, cancelled }, () => `Cancelled ${cancelled.join(", ")} of ${task}\n`);
    }
  },
};
