import { type GroupSettings, TidegateError } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { duration } from "../../parse/duration.ts";
import { wholeNumber } from "../../parse/whole-number.ts";
import { type GroupTarget, groupArguments } from "./target.ts";

interface Input extends GroupTarget {
  readonly start?: "earliest" | "latest";
  readonly ordering?: "none" | "partition" | "key";
  readonly lease?: number;
  readonly maxDeliveries?: number;
  readonly pushUrl?: string;
}

/** `tidegate groups create` */
export const createGroup: Command<Input> = {
  name: "create",
  summary: "Create a group; those that consume make one that is missing by themselves",
  arguments: groupArguments,
  options: [
    {
      flags: "--start <where>",
      description: "where it begins; default earliest",
      choices: ["earliest", "latest"],
    },
    {
      flags: "--ordering <kind>",
      description: "what is handled one after the other: nothing, a partition or a key; default none",
      choices: ["none", "partition", "key"],
    },
    {
      flags: "--lease <time>",
      description: "how long a consumer holds messages, 100ms to 12h; default 30s",
      parse: duration,
    },
    {
      flags: "--max-deliveries <n>",
      description: "after so many a message is a dead letter; default 5",
      parse: wholeNumber(1, 1000),
    },
    { flags: "--push-url <url>", description: "deliver by HTTP POST to this address" },
  ],
  examples: [
    "tidegate groups create orders billing",
    "tidegate groups create orders mails --start latest --ordering key --max-deliveries 10",
    "tidegate groups create orders shop --push-url https://shop.example/hook",
  ],
  async run({ input, client, out, signal }) {
    const { topic, group } = input;
    const found = await client.groups.get(topic, group, { signal }).catch((error: unknown) => {
      if (error instanceof TidegateError && error.code === "GROUP_NOT_FOUND") return null;
      throw error;
    });
    if (found !== null) throw new Error(`the group ${group} of ${topic} is there already`);
    const made = await client.groups.put(topic, group, settingsOf(input), { signal });
    await out.document({ group: made.group }, () => `Created ${group} of ${topic}\n`);
  },
};

function settingsOf({ start, ordering, lease, maxDeliveries, pushUrl }: Input): GroupSettings {
  return {
    ...(start === undefined ? {} : { start }),
    ...(ordering === undefined ? {} : { ordering }),
    ...(lease === undefined ? {} : { leaseMs: lease }),
    ...(maxDeliveries === undefined ? {} : { maxDeliveries }),
    ...(pushUrl === undefined ? {} : { push: { url: pushUrl } }),
  };
}
