import type { Command } from "../../command.ts";
import { pauseFlow, resumeFlow } from "./pause.ts";
import { pinFlow } from "./pin.ts";
import { resetFlow } from "./reset.ts";
import { showFlow } from "./show.ts";

export const flowCommands: readonly Command[] = [showFlow, pinFlow, pauseFlow, resumeFlow, resetFlow];
