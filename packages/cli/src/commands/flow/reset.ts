import type { Command } from "../../command.ts";
import { groupArguments } from "../groups/target.ts";
import { changesOfKeys, type KeysInput, keyOptions, whatOf } from "./keys.ts";

/** `tidegate flow reset` */
export const resetFlow: Command<KeysInput> = {
  name: "reset",
  summary: "Forget what of the rates was used, of a group or of single keys",
  description:
    "Forgets what of the rates was used, so that what waits for its turn goes at once: of the group and all its keys, or of single keys. For a key it also ends a pause that its endpoint was given.",
  arguments: groupArguments,
  options: keyOptions,
  examples: ["tidegate flow reset orders billing", "tidegate flow reset orders billing --key ada"],
  async run({ input, client, out, signal }) {
    const { topic, group } = input;
    const keys = changesOfKeys(input, { reset: true });
    const flow = await client.groups.changeFlow(topic, group, keys === null ? { reset: true } : { keys }, {
      signal,
    });
    await out.document(flow, () => `Reset the rates of ${whatOf(input)}\n`);
  },
};
