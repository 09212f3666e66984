import type { Command } from "../../command.ts";
import { yesOption } from "../yes-option.ts";

/** `tidegate topics delete` */
export const deleteTopic: Command<{ topic: string; yes?: boolean }> = {
  name: "delete",
  summary: "Delete a topic with its messages and groups",
  arguments: [{ name: "<topic>", description: "its name" }],
  options: [yesOption],
  examples: ["tidegate topics delete orders", "tidegate topics delete orders --yes"],
  async run({ input, client, out, signal }) {
    const { topic } = input;
    const question = `Delete the topic ${topic} with all its messages and groups?`;
    if (input.yes !== true && !(await out.confirm(question))) return out.note("Nothing was deleted");
    await client.topics.delete(topic, { signal });
    await out.document({ deleted: topic }, () => `Deleted ${topic}\n`);
  },
};
