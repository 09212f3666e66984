import type { Command } from "../../command.ts";
import { alterTopic } from "./alter.ts";
import { createTopic } from "./create.ts";
import { deleteTopic } from "./delete.ts";
import { describeTopic } from "./describe.ts";
import { listTopics } from "./list.ts";

export const topicCommands: readonly Command[] = [
  createTopic,
  listTopics,
  describeTopic,
  alterTopic,
  deleteTopic,
];
