import type { Command } from "../../command.ts";
import { yesOption } from "../yes-option.ts";
import { type GroupTarget, groupArguments } from "./target.ts";

/** `tidegate groups delete` */
export const deleteGroup: Command<GroupTarget & { yes?: boolean }> = {
  name: "delete",
  summary: "Delete a group with its place in the log and its dead letters",
  arguments: groupArguments,
  options: [yesOption],
  examples: ["tidegate groups delete orders billing", "tidegate groups delete orders billing --yes"],
  async run({ input, client, out, signal }) {
    const { topic, group } = input;
    const question = `Delete the group ${group} of ${topic} with its dead letters?`;
    if (input.yes !== true && !(await out.confirm(question))) return out.note("Nothing was deleted");
    await client.groups.delete(topic, group, { signal });
    await out.document({ deleted: group, topic }, () => `Deleted ${group} of ${topic}\n`);
  },
};
