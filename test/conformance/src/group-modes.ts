import type { GroupSettings } from "./system.ts";

/** The ways in which a group may keep its messages: on ranges, and on lanes of each kind. */
export const groupModes: Readonly<Record<string, GroupSettings>> = {
  "ordering none": { ordering: "none" },
  "ordering partition": { ordering: "partition" },
  "ordering key": { ordering: "key" },
  "a concurrency": { concurrency: 500 },
  "limits by key": { perKey: { concurrency: 5, rate: { limit: 100_000, intervalMs: 1000 } } },
  "ordering partition with a rate": { ordering: "partition", rate: { limit: 100_000, intervalMs: 1000 } },
};
