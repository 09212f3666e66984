import type { Client } from "@tidegate/client";
import { type Group, type GroupFigures, TidegateError } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { sideBySide } from "../../side-by-side.ts";

/** `tidegate groups list` */
export const listGroups: Command<{ topic?: string }> = {
  name: "list",
  summary: "List the groups of a topic, or of all, with how far behind they are",
  arguments: [{ name: "[topic]", description: "only of this topic" }],
  examples: ["tidegate groups list", "tidegate groups list orders --json | jq '.groups[] | {name, lag}'"],
  async run({ input, client, out, signal }) {
    const groups =
      input.topic === undefined
        ? await allGroups(client, signal)
        : await groupsOf(client, input.topic, signal);
    await out.table(
      { groups },
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

/** A group's settings, and how far behind it is. */
type Figures = Pick<GroupFigures, "lag" | "inFlight" | "retrying" | "deadLettered">;
type Standing = Group & Figures;

/** How each group of a topic stands now. */
async function groupsOf(client: Client, topic: string, signal: AbortSignal): Promise<Standing[]> {
  const groups = await client.groups.list(topic, { signal });
  return sideBySide(groups, 8, (group) => standingOf(client, group, signal));
}

/**
 * The groups of all topics as they stood about a second ago, which is one command of Redis for all of them. What is not known
 * there yet, or by no server, is asked for by itself.
 */
async function allGroups(client: Client, signal: AbortSignal): Promise<Standing[]> {
  const [topics, overview] = await Promise.all([
    client.topics.list({ signal }),
    client.topics.overview({ signal }),
  ]);
  const known = new Map(
    overview.topics.flatMap(({ name, groups }) => groups.map((group) => [`${name} ${group.name}`, group])),
  );
  const listed = await sideBySide(topics, 8, async ({ name }) => {
    try {
      return await client.groups.list(name, { signal });
    } catch (error) {
      // Deleted since.
      if (error instanceof TidegateError && error.code === "TOPIC_NOT_FOUND") return [];
      throw error;
    }
  });
  return sideBySide(listed.flat(), 8, async (group) => {
    const found = known.get(`${group.topic} ${group.name}`);
    return found === undefined ? standingOf(client, group, signal) : { ...group, ...picked(found) };
  });
}

async function standingOf(client: Client, group: Group, signal: AbortSignal): Promise<Standing> {
  return { ...group, ...picked(await client.groups.get(group.topic, group.name, { signal })) };
}

function picked({ lag, inFlight, retrying, deadLettered }: Figures) {
  return { lag, inFlight, retrying, deadLettered };
}
