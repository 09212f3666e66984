import { eventually, startRedis } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { followMaster } from "./follow-master.ts";

/** What is listened to is a channel, which any Redis has: these stand for Sentinels. test/infra has the real ones. */
test("news of a failover has a client and its duplicates connect anew, once, and those that are not connected go on", async () => {
  const [redis, ...sentinels] = await Promise.all([startRedis(), startRedis(), startRedis()]);
  onTestFinished(async () => void (await Promise.all([redis, ...sentinels].map((server) => server!.stop()))));
  const tell = async (news: string) => {
    for (const sentinel of sentinels)
      await eventually("it is listened to", () => sentinel.client().publish("+switch-master", news));
  };
  const client = followMaster(
    new Redis({ host: redis!.host, port: redis!.port, retryStrategy: () => 10, maxRetriesPerRequest: null }),
    "tide",
    sentinels,
  );
  const child = client.duplicate();
  const connections = [client, child, child.duplicate()];
  let ended = 0;
  for (const connection of connections) {
    connection.on("error", () => {});
    connection.on("end", () => ended++);
  }
  onTestFinished(() => connections.forEach((connection) => void connection.disconnect()));
  const ids = () => Promise.all(connections.map((connection) => connection.client("ID")));

  const first = await ids();
  await tell("other 127.0.0.1 1 127.0.0.1 2");
  await tell("tide 127.0.0.1 1 127.0.0.1 2");
  const second = await eventually("all have connected anew", async () => {
    const now = await ids();
    return now.every((id, index) => id !== first[index]) && now;
  });
  await tell("tide 127.0.0.1 1 127.0.0.1 2");
  expect(await ids()).toEqual(second);

  await redis!.kill("SIGKILL");
  await eventually("they have noticed", () => connections.every(({ status }) => status !== "ready"));
  await tell("tide 127.0.0.1 2 127.0.0.1 1");
  await redis!.restart();
  expect(await Promise.all(connections.map((connection) => connection.ping()))).toEqual([
    "PONG",
    "PONG",
    "PONG",
  ]);
  expect(ended).toBe(0);

  for (const connection of connections) connection.disconnect();
  for (const sentinel of sentinels)
    await eventually(
      "nobody listens any more",
      async () => (await sentinel.client().publish("+switch-master", "")) === 0,
    );
});
