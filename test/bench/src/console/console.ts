import { setTimeout as pause } from "node:timers/promises";
import { Engine } from "@tidegate/core";
import { OverviewHub } from "@tidegate/http";
import { Redis } from "ioredis";
import { countCommands } from "../count-commands.ts";
import type { Contestant, Pace, Scenario } from "../scenario.ts";
import { namespace } from "../tidegate.ts";

const size: Readonly<Record<Pace, { topics: number; partitions: number; pages: number; windowMs: number }>> =
  {
    full: { topics: 100, partitions: 64, pages: 40, windowMs: 20_000 },
    quick: { topics: 100, partitions: 64, pages: 40, windowMs: 10_000 },
    tiny: { topics: 3, partitions: 4, pages: 3, windowMs: 1_200 },
  };

const tidegateConsole: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `${size.full.topics} topics of ${size.full.partitions} partitions with a group each, ${size.full.pages} pages, each with another topic on screen; CPU less that of a Redis left alone`,
  async measure({ startRedis, pace }) {
    const { topics, partitions, pages, windowMs } = size[pace];
    const { host, port } = await startRedis();
    const redis = new Redis(port, host);
    const writer = new Engine({ redis, namespace });
    for (let n = 0; n < topics; n += 1) {
      await writer.topics.put(`t${n}`, { partitions });
      await writer.groups.put(`t${n}`, "g");
      await writer.append(`t${n}`, [{ value: Buffer.from("x") }]);
    }
    await noteAll(writer, topics);
    await writer.stop();

    const engine = new Engine({ redis, namespace, keepFigures: false });
    const hub = new OverviewHub(engine, { idleEveryMs: null });
    const stopping = new AbortController();
    try {
      const alone = await cpuOf(redis, windowMs);
      const told = new Array<number>(pages).fill(0);
      for (let page = 0; page < pages; page += 1) {
        const reader = hub.open(`t${page % topics}`, [stopping.signal]).getReader();
        void (async () => {
          for (let part = await reader.read(); !part.done; part = await reader.read()) told[page]! += 1;
        })();
      }
      hub.start();
      // What it saved up before anybody came is spent first.
      await pause(windowMs / 4);
      const busy = await cpuOf(redis, windowMs);
      const counter = await countCommands({ host, port } as Parameters<typeof countCommands>[0]);
      await pause(windowMs);
      const { count } = counter;
      counter.stop();
      if (told.some((events) => events === 0)) throw new Error("a page was told nothing");
      return [(count * 1_000) / windowMs, Math.max(0.001, (busy - alone) * 100)];
    } finally {
      stopping.abort();
      await hub.stop();
      await engine.stop();
      redis.disconnect();
    }
  },
};

/** Waits until the figures of all topics have been noted. */
async function noteAll(engine: Engine, topics: number): Promise<void> {
  for (;;) {
    const seen = await engine.figures.read();
    if (seen.topics.length === topics && seen.topics.every(({ end }) => end === 1)) return;
    await pause(100);
  }
}

/** Which part of a core Redis takes in a time in which it is asked nothing else. */
async function cpuOf(redis: Redis, windowMs: number): Promise<number> {
  const read = async () => {
    const info = await redis.info("cpu");
    const of = (field: string) => Number(new RegExp(`^${field}:([\\d.]+)`, "m").exec(info)![1]);
    return of("used_cpu_user") + of("used_cpu_sys");
  };
  const [before, since] = [await read(), performance.now()];
  await pause(windowMs);
  return ((await read()) - before) / ((performance.now() - since) / 1_000);
}

/** What a console costs Redis, however many pages of it are open. */
export const consoleStream: Scenario = {
  name: "console",
  figures: [
    { unit: "Redis commands a second", digits: 1, goals: [{ atMost: 20 }] },
    { unit: "% of a core of Redis", digits: 2, goals: [{ atMost: 1 }] },
  ],
  payloadBytes: [512],
  efforts: {
    full: { messages: 100, rounds: 1, warmUp: 0 },
    quick: { messages: 100, rounds: 1, warmUp: 0 },
    tiny: { messages: 100, rounds: 1, warmUp: 0 },
  },
  tidegate: tidegateConsole,
  peers: [],
};
