import type { TopicDescription } from "@tidegate/contracts";
import { spanText } from "../format/durations.ts";
import { bytesText, countText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { GateFacts } from "../gates/gate-facts.tsx";
import { Facts, Panel } from "../parts/panel.tsx";

const policies = {
  log: "log: the limit wins, whoever has not read goes on behind it",
  queue: "queue: nothing goes that a group has not acknowledged",
};

/** How a topic is set up. */
export function TopicSettings({ topic }: { topic: TopicDescription }) {
  const { retention } = topic;
  return (
    <div className="columns">
      <Panel title="Topic">
        <Facts
          of={[
            ["Partitions", countText(topic.partitions)],
            [
              "Placement",
              topic.placement === "together" ? "together: all in one Redis node" : "spread over the cluster",
            ],
            ["Largest message", bytesText(topic.maxMessageBytes)],
            ["Compression", topic.compression],
            ["Tickets speak of", topic.ticketGroup ?? "the only group, or else the oldest"],
            ["Made", <Time key="made" at={topic.createdAt} />],
            ["Id", <code key="id">{topic.topicId}</code>],
          ]}
        />
      </Panel>
      <Panel title="Retention">
        <Facts
          of={[
            ["Policy", policies[retention.policy]],
            ["Kept for", retention.ms === null ? "ever" : spanText(retention.ms)],
            ["Kept at most", retention.bytes === null ? "no limit" : bytesText(retention.bytes)],
            ["A silent group holds for", spanText(retention.idleMs)],
          ]}
        />
      </Panel>
      {topic.gate !== null && (
        <Panel title="Gate">
          <GateFacts gate={topic.gate} state={topic.gateState} />
        </Panel>
      )}
    </div>
  );
}
