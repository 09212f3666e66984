import type { Engine } from "@tidegate/core";
import { Ledger } from "../ledger.ts";
import type { Contestant, Scenario } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { topic, withEngine } from "../tidegate.ts";
import { appendKeyed } from "./keyed-messages.ts";

const keys = 10_000;
const consumers = 4;
const maxMessages = 1_000;

const tidegateLanes: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `4 partitions, ${keys} keys, ordering key; ${consumers} consumers of ${maxMessages} messages a take on one connection, which file what they take`,
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    return withEngine(redis, {}, async (engine) => {
      await engine.groups.put(topic, "readers", { ordering: "key" });
      await appendKeyed(engine, messages, keys);
      const ledger = new Ledger(messages);
      const rateOf = startStopwatch();
      await Promise.all(Array.from({ length: consumers }, () => consume(engine, ledger, messages.count)));
      const rate = rateOf(messages.count);
      ledger.close("tidegate");
      return [rate];
    });
  },
};

/** Takes, reads and acknowledges until every message was delivered. */
async function consume(engine: Engine, ledger: Ledger, count: number): Promise<void> {
  while (ledger.delivered < count) {
    const taken = await engine.groups.takeLanes(topic, "readers", { maxMessages });
    await Promise.all(
      taken!.leases.map(async (lease) => {
        for (const { value } of await engine.groups.load(topic, "readers", lease)) ledger.enter(value);
        await engine.groups.settle(topic, "readers", lease.id, { ack: "all" });
      }),
    );
  }
}

/** A backlog of many keys filed in lanes, taken and acknowledged, with one message of a key out at a time. */
export const lanes: Scenario = {
  name: "lanes",
  figures: [{ unit: "messages/s", goals: [{ atLeast: 60_000 }] }],
  payloadBytes: [128],
  efforts: {
    full: { messages: 400_000, rounds: 3 },
    quick: { messages: 100_000, rounds: 2 },
    tiny: { messages: 2_000, rounds: 1 },
  },
  tidegate: tidegateLanes,
  peers: [],
};
