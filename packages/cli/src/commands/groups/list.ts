import type { Client } from "@tidegate/client";
import type { GroupDescription } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { sideBySide } from "../../side-by-side.ts";

/** `tidegate groups list` */
export const listGroups: Command<{ topic?: string }> = {
  name: "list",
  summary: "List the groups of a topic, or of all, with how far behind they are",
  arguments: [{ name: "[topic]", description: "only of this topic" }],
  examples: ["tidegate groups list", "tidegate groups list orders --json | jq '.groups[] | {name, lag}'"],
  async run({ input, client, out, signal }) {
    const topics =
      input.topic === undefined
        ? (await client.topics.list({ signal })).map(({ name }) => name)
        : [input.topic];
    const groups = (await sideBySide(topics, 4, (topic) => groupsOf(client, topic, signal))).flat();
    await out.table(
      { groups: groups.map(({ partitions: _, ...group }) => group) },
      [
        { title: "topic", value: ({ topic }) => topic },
        { title: "group", value: ({ name }) => name },
        {
          title: "lag",
          value: ({ lag }) => lag,
          style: ({ lag }, styles) => (lag > 0 ? styles.warning : undefined),
        },
        { title: "in flight", value: ({ inFlight }) => inFlight },
        { title: "retrying", value: ({ retrying }) => retrying },
        {
          title: "dead",
          value: ({ deadLettered }) => deadLettered,
          style: ({ deadLettered }, styles) => (deadLettered > 0 ? styles.bad : undefined),
        },
        { title: "ordering", value: ({ ordering }) => ordering },
        { title: "state", value: ({ paused }) => (paused ? "paused" : null) },
      ],
      groups,
      input.topic === undefined ? "There are no groups" : `${input.topic} has no groups`,
    );
  },
};

async function groupsOf(client: Client, topic: string, signal: AbortSignal): Promise<GroupDescription[]> {
  const groups = await client.groups.list(topic, { signal });
  return sideBySide(groups, 4, ({ name }) => client.groups.get(topic, name, { signal }));
}
