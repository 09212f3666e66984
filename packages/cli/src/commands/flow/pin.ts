import type { FlowChange } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { numberOrNone } from "../../parse/number-or-none.ts";
import { type None, orNull } from "../../parse/or-null.ts";
import { type Rate, rateOrNone } from "../../parse/rate.ts";
import { wholeNumber } from "../../parse/whole-number.ts";
import { UsageError } from "../../usage-error.ts";
import { groupArguments } from "../groups/target.ts";
import { changesOfKeys, type KeysInput, keyOptions } from "./keys.ts";
import { flowText } from "./show.ts";

interface Input extends KeysInput {
  readonly rate?: Rate | None;
  readonly burst?: number;
  readonly concurrency?: number | None;
  readonly off?: boolean;
}

/** `tidegate flow pin` */
export const pinFlow: Command<Input> = {
  name: "pin",
  summary: "Hold a group, or one of its keys, to a rate or a concurrency whatever its settings say",
  description:
    "Holds a group, or single keys of it, to a rate or a concurrency, at once and over all consumers, whatever its settings say now or later; --off lets the settings count again. What is not named follows the settings. A pin takes the place of the one before.",
  arguments: groupArguments,
  options: [
    {
      flags: "--rate <n/time>",
      description: "such as 100/s or 500/5m, or none for no limit",
      parse: rateOrNone,
    },
    {
      flags: "--burst <n>",
      description: "with --rate: how many at once; default all of them",
      parse: wholeNumber(1),
    },
    {
      flags: "--concurrency <n>",
      description: "messages in flight, or none for no limit",
      parse: numberOrNone(1),
    },
    { flags: "--off", description: "take the pin away" },
    ...keyOptions,
  ],
  examples: [
    "tidegate flow pin orders billing --rate 50/s --concurrency 10",
    "tidegate flow pin orders billing --key ada --concurrency 1",
    "tidegate flow pin orders billing --off",
  ],
  async run({ input, client, out, signal }) {
    const pin = pinOf(input);
    const keys = changesOfKeys(input, { pin });
    const change = keys === null ? { pin } : { keys };
    const flow = await client.groups.changeFlow(input.topic, input.group, change, { signal });
    await out.document(flow, () => flowText(flow, out));
  },
};

function pinOf({ rate, burst, concurrency, off }: Input): NonNullable<FlowChange["pin"]> | null {
  const isEmpty = rate === undefined && concurrency === undefined;
  if (off === true ? !isEmpty || burst !== undefined : isEmpty)
    throw new UsageError("say what to hold it to: --rate, --concurrency or both; or --off alone");
  if (burst !== undefined && (rate === undefined || rate === "none"))
    throw new UsageError("--burst goes with --rate");
  if (off === true) return null;
  const limits = { rate: rate && orNull(rate), concurrency: concurrency && orNull(concurrency) };
  return {
    ...(limits.rate !== undefined && {
      rate: limits.rate && { ...limits.rate, ...(burst !== undefined && { burst }) },
    }),
    ...(limits.concurrency !== undefined && { concurrency: limits.concurrency }),
  };
}
