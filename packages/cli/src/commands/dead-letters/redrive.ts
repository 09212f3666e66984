import type { Command } from "../../command.ts";
import { type MessagePlace, messagePlaces } from "../../parse/message-place.ts";
import { UsageError } from "../../usage-error.ts";
import { type GroupTarget, groupArguments } from "../groups/target.ts";

interface Input extends GroupTarget {
  readonly all?: boolean;
  readonly message?: readonly MessagePlace[];
}

/** `tidegate dead-letters redrive` */
export const redriveDeadLetters: Command<Input> = {
  name: "redrive",
  summary: "Hand dead letters to their group again",
  description:
    "Hands dead letters to their group again, and to no other; their attempts begin anew. Repeating it is safe: what is on its way already is not handed out twice.",
  arguments: groupArguments,
  options: [
    { flags: "--all", description: "all that the group has" },
    {
      flags: "--message <partition:offset>",
      description: "the one at this place, as list shows it; may be repeated",
      parse: messagePlaces,
    },
  ],
  examples: [
    "tidegate dead-letters redrive orders billing --all",
    "tidegate dead-letters redrive orders billing --message 0:17 --message 2:4",
  ],
  async run({ input, client, out, signal }) {
    const { topic, group, all, message } = input;
    if ((all === true) === (message !== undefined))
      throw new UsageError("say which: --all, or --message <partition:offset> for each of them");
    const what = message === undefined ? { all: true as const } : { messages: [...message] };
    const { redriven } = await client.redrive(topic, group, what, { signal });
    await out.document(
      { topic, group, redriven },
      () => `Handed ${redriven} to ${group} of ${topic} again\n`,
    );
  },
};
