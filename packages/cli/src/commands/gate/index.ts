import type { Command } from "../../command.ts";
import { setGate } from "./set.ts";
import { showGate } from "./show.ts";

export const gateCommands: readonly Command[] = [showGate, setGate];
