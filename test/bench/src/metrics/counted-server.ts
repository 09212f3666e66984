import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { measurePublishes } from "../http-publish/load-generator.ts";
import { MessageSet } from "../message-set.ts";
import { startServerChild } from "../server-child.ts";
import { openEngine } from "../tidegate.ts";

/** As seldom as Prometheus scrapes at its most eager. */
const scrapeEveryMs = 1_000;

/** A server with metrics, which is scraped while it is measured, or one without. */
export interface CountedServer {
  /** Publishes so many messages, one a request, and returns how many a second it were. */
  publish(count: number, payloadBytes: number): Promise<number>;
  /** Throws unless the server's metrics tell every message, where it has some. */
  stop(): Promise<void>;
}

export async function startCountedServer(redis: EmbeddedRedis, counted: boolean): Promise<CountedServer> {
  // Makes the topic.
  await (await openEngine(redis)).close();
  const main = counted ? "../tidegate-main.ts" : "./uncounted-main.ts";
  const server = await startServerChild(new URL(main, import.meta.url), redis.url);
  let published = 0;
  const scrape = async () => (await fetch(`${server.url}/metrics`)).text();
  return {
    async publish(count, payloadBytes) {
      const timer = counted ? setInterval(() => void scrape().catch(() => {}), scrapeEveryMs) : undefined;
      try {
        published += count;
        return await measurePublishes(server.url, new MessageSet(count, payloadBytes), "plain");
      } finally {
        clearInterval(timer);
      }
    },
    async stop() {
      try {
        if (!counted) return;
        const told = /^messaging_client_sent_messages_total\{[^}]*\} (\d+)$/m.exec(await scrape())?.[1];
        if (Number(told) !== published) throw new Error(`of ${published} messages the metrics tell ${told}`);
      } finally {
        await server.stop();
      }
    },
  };
}
