import type { Command } from "../../command.ts";
import { type GroupTarget, groupArguments } from "./target.ts";

/** `tidegate groups resume` */
export const resumeGroup: Command<GroupTarget> = {
  name: "resume",
  summary: "Hand messages out to a paused group again",
  arguments: groupArguments,
  examples: ["tidegate groups resume orders billing"],
  async run({ input: { topic, group }, client, out, signal }) {
    await client.groups.resume(topic, group, { signal });
    await out.document({ topic, group, paused: false }, () => `Resumed ${group} of ${topic}\n`);
  },
};
