import type { Command } from "../../command.ts";
import { cancelTasks } from "./cancel.ts";
import { listTasks } from "./list.ts";
import { retryTasks } from "./retry.ts";
import { taskSchedules } from "./schedules.ts";
import { showTask } from "./show.ts";

export const taskCommands: readonly Command[] = [listTasks, showTask, retryTasks, cancelTasks, taskSchedules];
