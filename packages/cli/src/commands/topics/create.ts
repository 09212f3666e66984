import { TidegateError } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { placementOption, type SettingsInput, settingsOf, settingsOptions } from "./settings.ts";

interface Input extends SettingsInput {
  readonly topic: string;
  readonly ifNotExists?: boolean;
}

/** `tidegate topics create` */
export const createTopic: Command<Input> = {
  name: "create",
  summary: "Create a topic",
  arguments: [{ name: "<topic>", description: "its name: A-Z a-z 0-9 . _ -" }],
  options: [
    ...settingsOptions,
    placementOption,
    { flags: "--if-not-exists", description: "leave a topic that is there as it is, and call that success" },
  ],
  examples: [
    "tidegate topics create orders --partitions 8",
    "tidegate topics create audit --retention 30d --retention-bytes 10GiB --compression gzip",
    "tidegate topics create jobs --policy queue --if-not-exists",
  ],
  async run({ input, client, out, signal }) {
    const found = await client.topics.get(input.topic, { signal }).catch((error: unknown) => {
      if (error instanceof TidegateError && error.code === "TOPIC_NOT_FOUND") return null;
      throw error;
    });
    if (found !== null && input.ifNotExists !== true)
      throw new Error(`the topic ${input.topic} is there already: change it with tidegate topics alter`);
    const { topic, created } =
      found === null
        ? await client.topics.put(input.topic, settingsOf(input), { signal })
        : { topic: found, created: false };
    await out.document({ created, topic }, () =>
      created
        ? `Created ${topic.name} with ${topic.partitions === 1 ? "1 partition" : `${topic.partitions} partitions`}\n`
        : `${topic.name} was there already, and is as it was\n`,
    );
  },
};
