import type { OptionSpec } from "../command.ts";

/** Of every command that destroys something. */
export const yesOption: OptionSpec = { flags: "-y, --yes", description: "do not ask" };
