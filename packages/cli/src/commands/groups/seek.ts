import type { SeekRequest } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { type Position, position } from "../../parse/position.ts";
import { wholeNumber } from "../../parse/whole-number.ts";
import { UsageError } from "../../usage-error.ts";
import { yesOption } from "../yes-option.ts";
import { type GroupTarget, groupArguments } from "./target.ts";

interface Input extends GroupTarget {
  readonly to?: Position;
  readonly partition?: number;
  readonly yes?: boolean;
}

/** `tidegate groups seek` */
export const seekGroup: Command<Input> = {
  name: "seek",
  summary: "Move a group to another place in the log; what it holds is dropped",
  arguments: groupArguments,
  options: [
    {
      flags: "--to <position>",
      description:
        "earliest, latest, a time such as 2030-01-31T12:00:00Z, -15m for a time ago, or with --partition an offset",
      parse: (text) => position(text),
    },
    { flags: "--partition <n>", description: "only this one, to an offset", parse: wholeNumber() },
    yesOption,
  ],
  examples: [
    "tidegate groups seek orders billing --to earliest",
    "tidegate groups seek orders billing --to -2h --yes",
    "tidegate groups seek orders billing --partition 3 --to 1700 --yes",
  ],
  async run({ input, client, out, signal }) {
    const { topic, group } = input;
    const to = targetOf(input);
    // So that nobody is asked about a group that there is not.
    const { lag } = await client.groups.get(topic, group, { signal });
    const question = `Move ${group} of ${topic} (lag ${lag}), and have messages delivered again or passed over?`;
    if (input.yes !== true && !(await out.confirm(question))) return out.note("Nothing was moved");
    await client.groups.seek(topic, group, to, { signal });
    const after = await client.groups.get(topic, group, { signal });
    await out.document(
      { topic, group, lag: after.lag },
      () => `Moved ${group} of ${topic}: its lag is ${after.lag}\n`,
    );
  },
};

function targetOf({ to, partition }: Input): SeekRequest["to"] {
  if (to === undefined) throw new UsageError("--to is missing: where should the group go?");
  const offset = typeof to === "object" && "offset" in to ? to.offset : undefined;
  if ((offset === undefined) !== (partition === undefined))
    throw new UsageError("an offset is of one partition: --to <offset> and --partition <n> go together");
  if (offset !== undefined) return { offsets: { [partition!]: offset } };
  if (typeof to === "string") return to;
  if ("time" in to) return { timestamp: to.time };
  throw new UsageError(
    "a group cannot be moved to so many messages before the end: give an offset or a time",
  );
}
