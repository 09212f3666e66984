import type { Engine, Overview } from "@tidegate/core";
import { Gauge, type Registry } from "prom-client";
import type { LabelLimit } from "./label-limit.ts";
import { groupLabels, topicLabels } from "./messaging.ts";
import { type Refreshed, Scraped, sameScrapeMs } from "./scraped.ts";

type TopicFigure = "partitions" | "end" | "messages" | "bytes" | "delayed";
type GroupFigure = "lag" | "position" | "inFlight" | "retrying" | "deadLettered" | "oldestAge";

const ofTopics: Readonly<Record<TopicFigure, readonly [name: string, help: string]>> = {
  partitions: ["tidegate_topic_partitions", "Partitions of the topic."],
  end: [
    "tidegate_topic_end_offset",
    "Sum of the end offsets of its partitions: it grows by as many messages as anybody publishes.",
  ],
  messages: ["tidegate_topic_messages", "Messages that the log has."],
  bytes: ["tidegate_topic_bytes", "Bytes of their batches."],
  delayed: ["tidegate_topic_delayed_messages", "Messages that are not due yet."],
};
const ofGroups: Readonly<Record<GroupFigure, readonly [name: string, help: string]>> = {
  lag: ["tidegate_group_lag_messages", "Messages that the group has not ended, those in flight included."],
  position: [
    "tidegate_group_position",
    "End offsets less the lag: it grows by as many messages as the group ends, whoever its consumers are.",
  ],
  inFlight: ["tidegate_group_in_flight_messages", "Messages that are leased."],
  retrying: ["tidegate_group_retrying_messages", "Messages that wait to be tried again."],
  deadLettered: ["tidegate_group_dead_letter_messages", "Messages in the dead-letter log of the group."],
  oldestAge: [
    "tidegate_group_oldest_age_seconds",
    "How long ago the oldest message was appended that the group has not ended; 0 when there is none.",
  ],
};

/**
 * Shows where topics and groups stand, at each scrape, by one command. They are figures of the namespace and not of this
 * process: where several processes tell them, they tell the same.
 */
export function figuresMetrics(
  registry: Registry,
  limit: LabelLimit,
  engine: Pick<Engine, "figures">,
): Refreshed {
  const source = new Scraped(
    () => engine.figures.read(),
    sameScrapeMs,
    (overview) => {
      for (const gauge of gauges) gauge.reset();
      redisUp.set(overview === null ? 0 : 1);
      if (overview !== null) show(overview, limit, topics, groups);
    },
  );
  const collect = () => source.refresh();
  const make =
    (labelNames: readonly string[]) =>
    ([figure, [name, help]]: [string, readonly [string, string]]) =>
      [
        figure,
        new Gauge({ name, help, labelNames: [...labelNames], registers: [registry], collect }),
      ] as const;
  const topics = Object.fromEntries(Object.entries(ofTopics).map(make(topicLabels))) as TopicGauges;
  const groups = Object.fromEntries(Object.entries(ofGroups).map(make(groupLabels))) as GroupGauges;
  const gauges = [...Object.values(topics), ...Object.values(groups)];
  const redisUp = new Gauge({
    name: "tidegate_redis_up",
    help: "Whether Redis answered when the last scrape asked for figures.",
    registers: [registry],
    collect,
  });
  return source;
}

type TopicGauges = Readonly<Record<TopicFigure, Gauge>>;
type GroupGauges = Readonly<Record<GroupFigure, Gauge>>;

/** Those without labels of their own are summed up; of ages the oldest counts. */
function show({ at, topics }: Overview, limit: LabelLimit, ofTopic: TopicGauges, ofGroup: GroupGauges): void {
  limit.keep(presence(topics));
  const oldest = new Map<object, number>();
  for (const { name, groups, ...figures } of topics) {
    const { labels } = limit.place(name, null);
    for (const figure of Object.keys(ofTopics) as TopicFigure[])
      ofTopic[figure].inc({ ...labels }, figures[figure]);
    for (const group of groups) {
      const { labels: own } = limit.place(name, group.name);
      const { lag, inFlight, retrying, deadLettered, oldestAt } = group;
      const sums = { lag, position: figures.end - lag, inFlight, retrying, deadLettered };
      for (const [figure, value] of Object.entries(sums))
        ofGroup[figure as keyof typeof sums].inc({ ...own }, value);
      const age = oldestAt === null ? 0 : Math.max(0, at - oldestAt) / 1_000;
      const most = Math.max(age, oldest.get(own) ?? 0);
      oldest.set(own, most);
      ofGroup.oldestAge.set({ ...own }, most);
    }
  }
}

function presence(topics: Overview["topics"]): (topic: string, group: string | null) => boolean {
  const known = new Map(topics.map(({ name, groups }) => [name, new Set(groups.map((group) => group.name))]));
  return (topic, group) => (group === null ? known.has(topic) : (known.get(topic)?.has(group) ?? false));
}
