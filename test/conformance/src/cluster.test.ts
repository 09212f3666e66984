import { expect, test } from "vitest";
import { areas } from "./areas.ts";
import { consume } from "./consume.ts";
import { conformance, expectSound } from "./story.ts";
import { cluster, openCluster } from "./targets/cluster.ts";
import { messagesOf } from "./text.ts";

conformance(cluster, areas);

test.each([
  ["spread", 3, 3],
  ["spread", 12, 3],
  ["together", 12, 1],
] as const)(
  "a topic placed %s with %i partitions lies on %i masters",
  async (placement, partitions, owners) => {
    const { system, topicName, stop } = await cluster.start();
    const client = await openCluster();
    try {
      const topic = await topicName(partitions);
      await system.putTopic(topic, { partitions, placement });
      for (let partition = 0; partition < partitions; partition += 1)
        await system.publish(topic, messagesOf(["a"], partition));
      expect(await consume(system, topic, "g", partitions)).toHaveLength(partitions);
      const logs = await Promise.all(client.nodes("master").map((master) => master.keys(`*${topic}*:log`)));
      expect(logs).toHaveLength(3);
      expect(logs.flat()).toHaveLength(partitions);
      expect(logs.filter((keys) => keys.length > 0)).toHaveLength(owners);
      await expectSound(system, topic);
    } finally {
      await stop();
      client.disconnect();
    }
  },
);
