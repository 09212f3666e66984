import type { Command } from "../../command.ts";
import { type GroupTarget, groupArguments } from "./target.ts";

/** `tidegate groups pause` */
export const pauseGroup: Command<GroupTarget> = {
  name: "pause",
  summary: "Hand nothing out to a group's consumers until it is resumed",
  arguments: groupArguments,
  examples: ["tidegate groups pause orders billing"],
  async run({ input: { topic, group }, client, out, signal }) {
    await client.groups.pause(topic, group, { signal });
    await out.document({ topic, group, paused: true }, () => `Paused ${group} of ${topic}\n`);
  },
};
