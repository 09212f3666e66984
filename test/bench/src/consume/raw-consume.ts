import { Redis } from "ioredis";
import { sendInFlight } from "../in-flight.ts";
import { batchOf } from "../raw-batches.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";

const batchesPerCall = 8;
const callsInFlight = 2;

/** What a Node process can read of a stream at all: XRANGE over entries of a full batch's size, which nobody decodes. */
export const rawConsume: Contestant = {
  name: "raw",
  share: 1,
  configuration: `XRANGE of ${batchesPerCall} bodies as large as a full batch, ${callsInFlight} calls in flight, nothing decoded`,
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    const client = new Redis(redis.port, redis.host);
    try {
      const batch = batchOf(messages.payloadBytes);
      const batches = Math.ceil(messages.count / batch.messages);
      const body = Buffer.alloc(batch.bytes, "x");
      await sendInFlight(batches, 1, 16, (index) => client.xadd("raw", `${index + 1}-0`, "batch", body));
      let bytes = 0;
      const rateOf = startStopwatch();
      await sendInFlight(batches, batchesPerCall, callsInFlight, async (from, to) => {
        const reply = await client.callBuffer("XRANGE", "raw", `${from + 1}-0`, `${to}-0`);
        for (const [, fields] of reply as [Buffer, Buffer[]][]) bytes += fields[1]!.length;
      });
      const rate = rateOf(batches * batch.messages);
      if (bytes !== batches * batch.bytes) throw new Error("raw: not every entry was read");
      return [rate];
    } finally {
      client.disconnect();
    }
  },
};
