import type { GroupDescription, GroupPartition } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { fieldsText } from "../../output/fields.ts";
import type { Styles } from "../../output/styles.ts";
import { showDuration } from "../../parse/duration.ts";
import { oldestOf } from "./oldest.ts";
import { type GroupTarget, groupArguments } from "./target.ts";

/** `tidegate groups describe` */
export const describeGroup: Command<GroupTarget> = {
  name: "describe",
  summary: "Show where a group stands in each partition, and who holds messages",
  description:
    "Shows a group's settings and, for each partition: the log's end, the offset up to which all is done (committed), the messages that have not ended (lag), how many of them are in flight or wait for another attempt, the age of the oldest, and who holds leases.",
  arguments: groupArguments,
  examples: [
    "tidegate groups describe orders billing",
    "tidegate groups describe orders billing --json | jq '.partitions[] | select(.lag > 0)'",
  ],
  async run({ input, client, out, signal }) {
    const group = await client.groups.get(input.topic, input.group, { signal });
    const oldest = await oldestOf(client, input.topic, group.partitions, signal);
    const partitions = group.partitions.map((partition, index) => ({
      ...partition,
      oldestAt: oldest[index] ?? null,
    }));
    await out.document({ ...group, partitions }, async () => {
      const table = await out.tableText(
        [
          { title: "partition", value: ({ partition }) => partition },
          { title: "end", value: ({ end }) => end },
          { title: "committed", value: ({ committed }) => committed },
          {
            title: "lag",
            value: ({ lag }) => lag,
            style: ({ lag }, styles) => (lag > 0 ? styles.warning : undefined),
          },
          { title: "in flight", value: ({ inFlight }) => inFlight },
          { title: "retrying", value: ({ retrying }) => retrying },
          { title: "dead", value: ({ deadLettered }) => deadLettered },
          {
            title: "oldest",
            value: ({ oldestAt }) => (oldestAt === null ? null : showDuration(Date.now() - oldestAt)),
            align: "right",
          },
          { title: "holder", value: holderOf },
        ],
        partitions,
      );
      return `${summaryOf(group, out.styles)}\n${table}`;
    });
  },
};

function holderOf({ leases }: GroupPartition): string | null {
  const names = [...new Set(leases.map(({ consumer, id }) => consumer ?? `lease ${id}`))];
  if (names.length <= 2) return names.join(", ") || null;
  return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}

function summaryOf(group: GroupDescription, styles: Styles): string {
  const { rate, perKey, push, heldUntil, backoff } = group;
  return fieldsText(
    [
      ["group", `${group.name} of ${group.topic}`],
      ["state", stateOf(group)],
      ["lag", group.lag.toLocaleString("en")],
      ["in flight", group.inFlight.toLocaleString("en")],
      ["retrying", group.retrying.toLocaleString("en")],
      ["dead letters", group.deadLettered.toLocaleString("en")],
      ["expired", group.expired || undefined],
      ["ordering", group.ordering],
      ["lease", showDuration(group.leaseMs)],
      [
        "deliveries",
        `at most ${group.maxDeliveries}, ${showDuration(backoff.initialMs)} to ${showDuration(backoff.maxMs)} apart`,
      ],
      ["rate", rate === null ? undefined : `${rate.limit} in ${showDuration(rate.intervalMs)}`],
      ["concurrency", group.concurrency ?? undefined],
      ["by key", perKey === null ? undefined : JSON.stringify(perKey)],
      ["pinned", group.pin === null ? undefined : JSON.stringify(group.pin)],
      ["push", push?.url],
      ["held until", heldUntil === null ? undefined : new Date(heldUntil).toISOString()],
    ],
    styles,
  );
}

function stateOf({ paused, heldUntil, inFlight }: GroupDescription): string {
  if (paused) return "paused";
  if (heldUntil !== null && heldUntil > Date.now()) return "held";
  return inFlight > 0 ? "at work" : "idle";
}
