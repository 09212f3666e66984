import type { Command } from "../../command.ts";

/** `tidegate topics list` */
export const listTopics: Command = {
  name: "list",
  summary: "List topics by name",
  examples: ["tidegate topics list", "tidegate topics list --json | jq -r '.topics[].name'"],
  async run({ client, out, signal }) {
    const topics = await client.topics.list({ signal });
    await out.table(
      { topics },
      [
        { title: "topic", value: ({ name }) => name },
        { title: "partitions", value: ({ partitions }) => partitions },
        { title: "placement", value: ({ placement }) => placement },
        { title: "policy", value: ({ retention }) => retention.policy },
        { title: "gate", value: ({ gate }) => gate?.id },
      ],
      topics,
      "There are no topics",
    );
  },
};
