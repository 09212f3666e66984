import type { TopicSettings } from "@tidegate/contracts";
import type { OptionSpec } from "../../command.ts";
import { duration, durationOrNone } from "../../parse/duration.ts";
import { size, sizeOrNone } from "../../parse/size.ts";
import { wholeNumber } from "../../parse/whole-number.ts";

/** What create and alter take. */
export interface SettingsInput {
  readonly partitions?: number;
  readonly placement?: "spread" | "together";
  readonly retention?: number | "none";
  readonly retentionBytes?: number | "none";
  readonly policy?: "log" | "queue";
  readonly idle?: number;
  readonly maxMessageBytes?: number;
  readonly compression?: "none" | "gzip";
  readonly ticketGroup?: string;
}

/** The placement is chosen once. */
export const placementOption: OptionSpec = {
  flags: "--placement <where>",
  description: "together: all partitions on one node of a cluster, for gates that are exact; default spread",
  choices: ["spread", "together"],
};

export const settingsOptions: readonly OptionSpec[] = [
  {
    flags: "--partitions <n>",
    description: "1 to 1,024; default 4. They can become more, never fewer",
    parse: wholeNumber(),
  },
  {
    flags: "--retention <time>",
    description: "how long messages are kept, such as 12h or 7d, or none; default 7d",
    parse: durationOrNone,
  },
  {
    flags: "--retention-bytes <size>",
    description: "how much the topic keeps over all its partitions, such as 1GiB, or none; default none",
    parse: sizeOrNone,
  },
  {
    flags: "--policy <policy>",
    description: "at its limits a log drops the oldest messages, a queue refuses new ones; default log",
    choices: ["log", "queue"],
  },
  {
    flags: "--idle <time>",
    description: "after how long without a sign of life a group no longer holds a queue; default 7d",
    parse: duration,
  },
  { flags: "--max-message-bytes <size>", description: "of a value; default and at most 1MiB", parse: size },
  {
    flags: "--compression <kind>",
    description: "of what is stored; default none",
    choices: ["none", "gzip"],
  },
  {
    flags: "--ticket-group <group>",
    description: "which group tickets speak of; default the only one, or the oldest",
  },
];

/** The settings that were given, and none of the others. */
export function settingsOf(input: SettingsInput): TopicSettings {
  const retention = given({
    ms: limit(input.retention),
    bytes: limit(input.retentionBytes),
    policy: input.policy,
    idleMs: input.idle,
  });
  return given({
    partitions: input.partitions,
    placement: input.placement,
    maxMessageBytes: input.maxMessageBytes,
    compression: input.compression,
    ticketGroup: input.ticketGroup,
    retention: Object.keys(retention).length > 0 ? retention : undefined,
  });
}

function limit(value: number | "none" | undefined): number | null | undefined {
  return value === "none" ? null : value;
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
