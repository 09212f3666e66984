import { Dispatcher } from "@tidegate/dispatcher/node";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { appendAll, topic, withEngine } from "../tidegate.ts";
import { connections } from "./bare-push.ts";
import { startEndpoint } from "./endpoint.ts";

/** A backlog of messages, each pushed in a signed request of its own and acknowledged. */
export const tidegatePush: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `a Dispatcher, 4 partitions, one message a request, ${connections} requests at once`,
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    const endpoint = await startEndpoint();
    return withEngine(redis, {}, async (engine) => {
      await engine.groups.put(topic, "pushed", { push: { url: endpoint.url } });
      await appendAll(engine, messages);
      const done = Promise.withResolvers<void>();
      let acknowledged = 0;
      const dispatcher = new Dispatcher({
        engine,
        allow: ["127.0.0.1"],
        concurrency: connections,
        onEvent(event) {
          if (event.type === "answered") acknowledged += event.acknowledged;
          else if (event.type !== "called") done.reject(new Error(`push told of ${JSON.stringify(event)}`));
          if (acknowledged === messages.count) done.resolve();
        },
      });
      try {
        const rateOf = startStopwatch();
        dispatcher.start();
        await done.promise;
        const rate = rateOf(messages.count);
        await dispatcher.stop();
        const { requests, distinct } = await endpoint.seen();
        const { lag } = await engine.groups.describe(topic, "pushed");
        if (requests !== messages.count || distinct !== messages.count || lag !== 0)
          throw new Error(`${requests} requests with ${distinct} messages arrived, ${lag} are left`);
        return [rate];
      } finally {
        await dispatcher.stop();
        await endpoint.stop();
      }
    });
  },
};
