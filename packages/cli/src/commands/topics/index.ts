import type { Command } from "../../command.ts";
import { listTopics } from "./list.ts";

export const topicCommands: readonly Command[] = [listTopics];
