import type { Command } from "../../command.ts";
import { createGroup } from "./create.ts";
import { deleteGroup } from "./delete.ts";
import { describeGroup } from "./describe.ts";
import { listGroups } from "./list.ts";
import { pauseGroup } from "./pause.ts";
import { resumeGroup } from "./resume.ts";
import { seekGroup } from "./seek.ts";

export const groupCommands: readonly Command[] = [
  listGroups,
  describeGroup,
  createGroup,
  seekGroup,
  pauseGroup,
  resumeGroup,
  deleteGroup,
];
