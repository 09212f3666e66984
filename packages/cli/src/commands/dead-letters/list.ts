import type { DeadLetter } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { keyCell, timeCell, valueCell } from "../../output/cell-text.ts";
import { wholeNumber } from "../../parse/whole-number.ts";
import { type GroupTarget, groupArguments } from "../groups/target.ts";

interface Input extends GroupTarget {
  readonly partition?: number;
  readonly from?: number;
  readonly limit: number;
}

/** So many are asked for at once. */
const pageSize = 1000;

/** `tidegate dead-letters list` */
export const listDeadLetters: Command<Input> = {
  name: "list",
  summary: "List the messages that a group has given up",
  description:
    "Lists the messages that a group has given up, the oldest of each partition first. Their place (partition:offset) is the one in the dead-letter log, which redrive takes; that log itself can be read as the topic <topic>.<group>.dlq.",
  arguments: groupArguments,
  options: [
    { flags: "--partition <n>", description: "only of this one", parse: wholeNumber() },
    {
      flags: "--from <offset>",
      description: "with --partition: go on at this offset of the dead-letter log",
      parse: wholeNumber(),
    },
    { flags: "--limit <n>", description: "at most so many", parse: wholeNumber(1), default: 100 },
  ],
  examples: [
    "tidegate dead-letters list orders billing",
    "tidegate dead-letters list orders billing --partition 2 --limit 1000 --json | jq -r '.messages[].reason'",
  ],
  async run({ input, client, out, signal }) {
    const { topic, group, limit } = input;
    const messages: DeadLetter[] = [];
    let next: { partition?: number; from?: number } | null = {
      ...(input.partition === undefined ? {} : { partition: input.partition }),
      ...(input.from === undefined ? {} : { from: input.from }),
    };
    while (next !== null && messages.length < limit) {
      const query = { ...next, limit: Math.min(pageSize, limit - messages.length) };
      const page = await client.deadLetters(topic, group, query, { signal });
      messages.push(...page.messages);
      next = page.next !== null && isWanted(page.next, input.partition) ? page.next : null;
    }
    await out.table(
      { messages, next },
      [
        { title: "place", value: ({ partition, offset }) => `${partition}:${offset}` },
        { title: "was at", value: ({ originOffset }) => originOffset },
        { title: "published", value: ({ timestamp }) => timeCell(timestamp) },
        { title: "attempts", value: ({ attempts }) => attempts },
        { title: "key", value: keyCell },
        { title: "reason", value: ({ reason }) => reason },
        { title: "value", value: valueCell },
      ],
      messages,
      `${group} of ${topic} has no dead letters`,
    );
    if (next !== null && !out.json)
      out.note(
        `There are more: --limit ${10 * limit} shows them, or --partition ${next.partition} --from ${next.from}`,
      );
  },
};

function isWanted(next: { partition: number }, partition: number | undefined): boolean {
  return partition === undefined || next.partition === partition;
}
