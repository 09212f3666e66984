import type { Command } from "../../command.ts";
import { groupArguments } from "../groups/target.ts";
import { changesOfKeys, type KeysInput, keyOptions, whatOf } from "./keys.ts";

/** `tidegate flow pause` and `resume` */
function pausing(
  paused: boolean,
  name: string,
  summary: string,
  examples: readonly string[],
): Command<KeysInput> {
  return {
    name,
    summary,
    arguments: groupArguments,
    options: keyOptions,
    examples,
    async run({ input, client, out, signal }) {
      const { topic, group, key, keyBase64 } = input;
      const keys = changesOfKeys(input, { paused });
      if (keys !== null) await client.groups.changeFlow(topic, group, { keys }, { signal });
      else if (paused) await client.groups.pause(topic, group, { signal });
      else await client.groups.resume(topic, group, { signal });
      const about = { topic, group, ...(key && { keys: key }), ...(keyBase64 && { keysBase64: keyBase64 }) };
      await out.document({ ...about, paused }, () => `${paused ? "Paused" : "Resumed"} ${whatOf(input)}\n`);
    },
  };
}

export const pauseFlow = pausing(
  true,
  "pause",
  "Hand nothing of a group, or of single keys, out until it is resumed",
  ["tidegate flow pause orders billing --key ada", "tidegate flow pause orders billing"],
);

export const resumeFlow = pausing(
  false,
  "resume",
  "Go on with a group, or with single keys, that was paused",
  ["tidegate flow resume orders billing --key ada", "tidegate flow resume orders billing"],
);
