import type { ArgumentSpec } from "../../command.ts";

/** What most commands of groups are about. */
export interface GroupTarget {
  readonly topic: string;
  readonly group: string;
}

export const groupArguments: readonly ArgumentSpec[] = [
  { name: "<topic>", description: "the topic that the group reads" },
  { name: "<group>", description: "its name" },
];
