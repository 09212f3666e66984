import { randomBytes } from "node:crypto";
import { limits } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { messagePort } from "../../messages/message-port.ts";
import { duration } from "../../parse/duration.ts";
import { showSize, size } from "../../parse/size.ts";
import { wholeNumber } from "../../parse/whole-number.ts";
import { UsageError } from "../../usage-error.ts";
import { type Bench, type Figures, measureConsume, measureLatency, measureProduce } from "./measure.ts";

interface Input {
  readonly messages: number;
  readonly size: number;
  readonly partitions: number;
  readonly rate: number;
  readonly duration: number;
}

/** `tidegate bench` */
export const bench: Command<Input> = {
  name: "bench",
  summary: "Measure how fast messages go in and come out here",
  description:
    "Publishes messages to a topic of its own, takes them as one consumer, and then publishes at a rate to a consumer that waits. The topic is deleted at the end. The times of produce are of appends until they are confirmed, those of consume between one lot of messages and the next, those of latency from the publish to the handler.",
  options: [
    {
      flags: "--messages <n>",
      description: "to produce and to consume",
      parse: wholeNumber(1, 100_000_000),
      default: 50_000,
    },
    { flags: "--size <size>", description: "of a value", parse: size, default: 512 },
    { flags: "--partitions <n>", description: "of the topic", parse: wholeNumber(1, 1024), default: 4 },
    {
      flags: "--rate <n>",
      description: "messages a second while latency is measured",
      parse: wholeNumber(1, 100_000),
      default: 200,
    },
    {
      flags: "--duration <time>",
      description: "for which latency is measured",
      parse: duration,
      default: 3_000,
    },
  ],
  examples: [
    "tidegate bench",
    "tidegate bench --messages 1_000_000 --size 128 --redis redis://127.0.0.1",
    "tidegate bench --json | jq .latency.p99Ms",
  ],
  async run({ input, client, connection, out, signal }) {
    if (input.size > limits.valueBytes) throw new UsageError(`--size is at most ${limits.valueBytes}`);
    const topic = `tidegate-bench-${randomBytes(6).toString("hex")}`;
    await client.topics.put(
      topic,
      { partitions: input.partitions, retention: { ms: 3_600_000 } },
      { signal },
    );
    try {
      await client.groups.put(topic, "bench", { start: "earliest" }, { signal });
      const port = await messagePort(connection);
      const measured = async (name: string, total: number, work: (bench: Bench) => Promise<Figures>) => {
        const progress = await out.progress({ label: name, unit: "messages", total });
        const onProgress = (messages: number) => progress.update(messages, total);
        try {
          return await work({ port, topic, group: "bench", size: input.size, signal, onProgress });
        } finally {
          progress.stop();
        }
      };
      const { messages, rate } = input;
      const seconds = input.duration / 1000;
      const figures = {
        produce: await measured("produce", messages, (bench) => measureProduce(bench, messages)),
        consume: await measured("consume", messages, (bench) => measureConsume(bench, messages)),
        latency: await measured("latency", Math.round(rate * seconds), (bench) =>
          measureLatency(bench, rate, seconds),
        ),
      };
      await out.document({ target: connection.target, size: input.size, ...figures }, () =>
        out.tableText(
          [
            { title: "", value: ([name]) => name },
            { title: "messages", value: ([, { messages }]) => messages.toLocaleString("en"), align: "right" },
            {
              title: "messages/s",
              value: ([, { perSecond }]) => perSecond.toLocaleString("en"),
              align: "right",
            },
            { title: "bytes/s", value: ([, { bytesPerSecond }]) => showSize(bytesPerSecond), align: "right" },
            { title: "p50 ms", value: ([, { p50Ms }]) => p50Ms },
            { title: "p99 ms", value: ([, { p99Ms }]) => p99Ms },
          ],
          Object.entries(figures),
        ),
      );
    } finally {
      // Whatever happened, and without the signal, which may have ended it.
      await client.topics.delete(topic);
    }
  },
};
