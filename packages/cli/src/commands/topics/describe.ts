import type { TopicDescription } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { fieldsText } from "../../output/fields.ts";
import type { Styles } from "../../output/styles.ts";
import { showDuration } from "../../parse/duration.ts";
import { showSize } from "../../parse/size.ts";

/** `tidegate topics describe` */
export const describeTopic: Command<{ topic: string }> = {
  name: "describe",
  summary: "Show a topic's settings, and what each partition holds",
  arguments: [{ name: "<topic>", description: "its name; <topic>.<group>.dlq shows dead letters" }],
  examples: [
    "tidegate topics describe orders",
    "tidegate topics describe orders --json | jq .partitionStates",
  ],
  async run({ input, client, out, signal }) {
    const topic = await client.topics.get(input.topic, { signal });
    await out.document(topic, async () => {
      const partitions = await out.tableText(
        [
          { title: "partition", value: ({ partition }) => partition },
          { title: "start", value: ({ start }) => start },
          { title: "end", value: ({ end }) => end },
          { title: "messages", value: ({ messages }) => messages },
          { title: "size", value: ({ bytes }) => showSize(bytes), align: "right" },
          { title: "delayed", value: ({ delayed }) => delayed },
        ],
        topic.partitionStates,
      );
      return `${summaryOf(topic, out.styles)}\n${partitions}`;
    });
  },
};

function summaryOf(topic: TopicDescription, styles: Styles): string {
  const { retention, gate, gateState, partitionStates } = topic;
  const sum = (field: "messages" | "bytes" | "delayed") =>
    partitionStates.reduce((total, state) => total + state[field], 0);
  return fieldsText(
    [
      ["topic", topic.name],
      ["messages", `${sum("messages").toLocaleString("en")} (${showSize(sum("bytes"))})`],
      ["delayed", sum("delayed") || undefined],
      ["partitions", `${topic.partitions}, ${topic.placement}`],
      ["retention", `${limitsOf(retention)}; policy ${retention.policy}`],
      ["compression", topic.compression === "none" ? undefined : topic.compression],
      ["max message", showSize(topic.maxMessageBytes)],
      ["ticket group", topic.ticketGroup ?? undefined],
      ["gate", gate?.id],
      ["  stock left", gate?.stock === null ? undefined : gateState?.remaining],
      ["  capacity", gate?.capacity ?? undefined],
      ["  refused", gateState?.refused],
      ["created", new Date(topic.createdAt).toISOString()],
    ],
    styles,
  );
}

function limitsOf({ ms, bytes }: TopicDescription["retention"]): string {
  const limits = [
    ...(ms === null ? [] : [showDuration(ms)]),
    ...(bytes === null ? [] : [`${showSize(bytes)} in all`]),
  ];
  return limits.length === 0 ? "for ever" : limits.join(", ");
}
