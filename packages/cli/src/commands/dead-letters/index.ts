import type { Command } from "../../command.ts";
import { listDeadLetters } from "./list.ts";
import { redriveDeadLetters } from "./redrive.ts";

export const deadLetterCommands: readonly Command[] = [listDeadLetters, redriveDeadLetters];
