import { Agent, request } from "undici";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { startEndpoint } from "./endpoint.ts";

export const connections = 100;

/** What the HTTP client can do at all: the same requests in a loop, signed by nobody, of messages that nobody keeps. */
export const barePush: Contestant = {
  name: "raw",
  share: 1,
  configuration: `a bare loop over the same HTTP client (undici) with the same bytes, ${connections} requests at once`,
  async measure({ messages }) {
    const endpoint = await startEndpoint();
    const dispatcher = new Agent({ pipelining: 1 });
    let next = 0;
    const headers = {
      "user-agent": "bench",
      "content-type": "application/json",
      "webhook-id": "tAAAAAAAAAAAAAAAA:bench:0-000000",
      "webhook-timestamp": "1700000000",
      "webhook-signature": "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    };
    const loop = async () => {
      while (next < messages.count) {
        const index = next++;
        const valueBase64 = Buffer.from(messages.bodies(index, index + 1)[0]!).toString("base64");
        const message = { id: `0-${index}`, partition: 0, offset: index, timestamp: 1_700_000_000_000 };
        const shown = { ...message, headers: {}, key: null, valueBase64, attempt: 1 };
        const body = JSON.stringify({ topic: "bench", group: "pushed", messages: [shown] });
        const answer = await request(endpoint.url, { method: "POST", headers, body, dispatcher });
        if (answer.statusCode !== 204) throw new Error(`the endpoint answered ${answer.statusCode}`);
        await answer.body.text();
      }
    };
    try {
      const rateOf = startStopwatch();
      await Promise.all(Array.from({ length: connections }, loop));
      const rate = rateOf(messages.count);
      const { distinct } = await endpoint.seen();
      if (distinct !== messages.count) throw new Error(`${distinct} of ${messages.count} messages arrived`);
      return [rate];
    } finally {
      await dispatcher.close();
      await endpoint.stop();
    }
  },
};
