import type { Command } from "../../command.ts";
import { UsageError } from "../../usage-error.ts";
import { type SettingsInput, settingsOf, settingsOptions } from "./settings.ts";

interface Input extends SettingsInput {
  readonly topic: string;
}

/** `tidegate topics alter` */
export const alterTopic: Command<Input> = {
  name: "alter",
  summary: "Change settings of a topic; what is not named keeps its value",
  arguments: [{ name: "<topic>", description: "its name" }],
  options: settingsOptions,
  examples: [
    "tidegate topics alter orders --partitions 16",
    "tidegate topics alter orders --retention none --retention-bytes 2GiB",
  ],
  async run({ input, client, out, signal }) {
    const settings = settingsOf(input);
    if (Object.keys(settings).length === 0) throw new UsageError("name at least one setting to change");
    // A put would make a topic that there is not.
    await client.topics.get(input.topic, { signal });
    const { topic } = await client.topics.put(input.topic, settings, { signal });
    await out.document({ topic }, () => `Changed ${topic.name}\n`);
  },
};
