import { Engine } from "@tidegate/core";
import { eventually, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { type TestApp, testApp } from "../fixtures/test-app.ts";
import { OverviewHub, type OverviewHubOptions } from "../overview/overview-hub.ts";

const redisUrl = inject("redisUrl");
let app: TestApp;
beforeAll(() => {
  app = testApp(redisUrl);
});
afterAll(() => app.stop());

test("the overview of nothing is empty, and follows what is published", async () => {
  expect((await app.call("GET", "/v1/overview")).body).toEqual({ at: expect.any(Number), topics: [] });
  await app.call("PUT", "/v1/topics/t", { partitions: 3 });
  await app.call("PUT", "/v1/topics/t/groups/g", {});
  await app.call("POST", "/v1/topics/t/messages", { messages: [{ value: 1 }, { value: 2 }] });
  const topics = await eventually("the figures come", async () => {
    const { body } = await app.call("GET", "/v1/overview");
    return body.topics[0]?.end === 2 && body.topics;
  });
  expect(topics).toEqual([
    {
      ...{ name: "t", partitions: 3, end: 2, messages: 2, bytes: expect.any(Number), delayed: 0 },
      groups: [
        { name: "g", lag: 2, inFlight: 0, retrying: 0, deadLettered: 0, oldestAt: expect.any(Number) },
      ],
    },
  ]);
});

test.each([
  ["group:a/b", "INVALID"],
  ["topic:", "INVALID"],
  ["topic:a b", "INVALID"],
  ["topic:a.g.dlq", "INVALID"],
])("watch=%s is refused", async (watch, code) => {
  const { status, body } = await app.call("GET", `/v1/overview/events?watch=${encodeURIComponent(watch)}`);
  expect([status, body.code, body.field]).toEqual([422, code, "watch"]);
});

test("a server that keeps no overview says so", async () => {
  const { body } = await app.call("GET", "/v1/overview/events");
  expect(body.code).toBe("NOT_SUPPORTED");
});

interface Told {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects says what it is
  readonly data: any;
}

/** An app whose overview is looked on at, by as many pages as are opened. */
function watchedApp(options: OverviewHubOptions = {}, url = redisUrl) {
  const stopping = new AbortController();
  const made: { hub?: OverviewHub } = {};
  const watched = testApp(url, {
    stopping: stopping.signal,
    overview: { open: (...page: Parameters<OverviewHub["open"]>) => made.hub!.open(...page) } as OverviewHub,
  });
  made.hub = new OverviewHub(watched.engine, { idleEveryMs: null, ...options });
  made.hub.start();
  onTestFinished(async () => {
    stopping.abort();
    await made.hub!.stop();
    await watched.stop();
  });
  return {
    ...watched,
    stopping,
    async open(watch?: string) {
      const query = watch === undefined ? "" : `?watch=${watch}`;
      const response = await watched.app.request(`/v1/overview/events${query}`);
      if (response.status !== 200)
        return { response, told: [] as Told[], ended: Promise.resolve(), close: async () => {} };
      const told: Told[] = [];
      let text = "";
      const feed = (part: string) => {
        const blocks = `${text}${part}`.split("\n\n");
        text = blocks.pop()!;
        for (const block of blocks) {
          const [, event, data] = /^event: (.*)\ndata: (.*)$/s.exec(block) ?? [];
          if (data !== undefined) told.push({ event: event!, data: JSON.parse(data) });
        }
      };
      const utf8 = new TextDecoder();
      const reader = response.body!.getReader();
      const ended = (async () => {
        for (;;) {
          const part = await reader.read();
          if (part.done) return;
          feed(utf8.decode(part.value, { stream: true }));
        }
      })();
      return { response, told, ended, close: () => reader.cancel() };
    },
  };
}

const find = (told: readonly Told[], event: string, wanted: (data: Told["data"]) => unknown) =>
  eventually(event, () => told.find((one) => one.event === event && wanted(one.data)));

test("a page is told everything once, then what changes, and closer what it watches", async () => {
  const { engine, open, stopping } = watchedApp({ everyMs: 50, callsASecond: 1_000 });
  await engine.topics.put("quiet", { partitions: 1 });
  await engine.topics.put("orders", { partitions: 2, placement: "together", gate: { id: "g1", stock: 9 } });
  await engine.groups.put("orders", "mail");
  await engine.append("orders", [{ value: Buffer.from("x") }]);
  const page = await open("topic:orders");
  const other = await open();
  const first = (await find(page.told, "overview", () => true))!;
  expect(page.told.indexOf(first)).toBe(0);
  await find(page.told, "figures", ({ topics }) =>
    topics.some(({ name }: { name: string }) => name === "orders"),
  );
  const { data } = (await find(
    page.told,
    "topic",
    ({ topic }) => topic?.partitionStates[0]?.end + topic?.partitionStates[1]?.end === 1,
  ))!;
  expect(data.topic).toMatchObject({ name: "orders", gateState: { id: "g1", admitted: 1, remaining: 8 } });
  expect(data.groups).toMatchObject([{ name: "mail", lag: 1, paused: false }]);
  const [begin] = page.told.filter(({ event }) => event === "topic");
  expect(Object.keys(begin!.data.history)).toEqual(["at", "published", "lags"]);

  await engine.groups.receive("orders", "mail", { consumer: "c1" });
  await find(page.told, "topic", ({ groups }) =>
    groups[0]?.partitions.some(
      ({ leases }: { leases: { consumer: string }[] }) => leases[0]?.consumer === "c1",
    ),
  );
  await engine.topics.delete("orders");
  await find(page.told, "figures", ({ gone }) => gone.includes("orders"));
  await find(page.told, "topic", ({ topic }) => topic === null);
  expect(other.told.some(({ event }) => event === "topic")).toBe(false);
  // Later pages see how it went.
  const late = await open();
  const { data: whole } = (await find(late.told, "overview", () => true))!;
  expect(whole.topics.map(({ name }: { name: string }) => name)).toEqual(["quiet"]);
  expect(whole.history.at.length).toBeGreaterThan(2);
  for (const column of ["published", "drained", "lag"])
    expect(whole.history[column].length).toBe(whole.history.at.length);
  stopping.abort();
  await Promise.all([page.ended, other.ended, late.ended]);
});

test("any number of pages costs no more than one, and what is on screen no more than it may", async () => {
  const redis = new Redis(redisUrl);
  let commands = 0;
  const counting = new Proxy(redis, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === "callBuffer") commands += 1;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const engine = new Engine({ redis: counting, namespace: testNamespace() });
  const hub = new OverviewHub(engine, { callsASecond: 15, idleEveryMs: null });
  const stopping = new AbortController();
  onTestFinished(async () => {
    stopping.abort();
    await hub.stop();
    await engine.stop();
    redis.disconnect();
  });
  for (const name of ["a", "b", "c"]) {
    await engine.topics.put(name, { partitions: 64 });
    await engine.groups.put(name, "g");
  }
  // What was touched is noted meanwhile.
  await eventually("figures", async () => (await engine.figures.read()).topics.length === 3);
  const looks: number[] = [];
  for (const name of ["a", "b", "c", "a", "b", "c", "a"]) {
    const reader = hub.open(`${name}`, [stopping.signal]).getReader();
    const at = looks.push(0) - 1;
    void (async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read())
        if (new TextDecoder().decode(part.value).startsWith("event: topic")) looks[at]! += 1;
    })();
  }
  const [sent, since] = [commands, performance.now()];
  hub.start();
  await eventually("looks", () => looks.every((count) => count >= 3), 30_000);
  const seconds = (performance.now() - since) / 1000;
  // What it may send in these seconds and in the one before them, and one look at all partitions that was saved up for.
  expect(commands - sent).toBeLessThanOrEqual(15 * (seconds + 1) + 70);
});

test("more pages than a server allows are refused", async () => {
  const { open } = watchedApp({ mostViewers: 2 });
  await open();
  const second = await open();
  const { response } = await open();
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "OVERLOADED", limit: 2 });
  await second.close();
  expect((await open()).response.status).toBe(200);
});
