import { verifyPush } from "@tidegate/client/push";
import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import {
  type FunctionAnswer,
  type FunctionEndpoint,
  functionEndpoint,
  takesAll,
} from "../function-endpoint.ts";
import type { Area, Stage } from "../story.ts";
import type { TopicSettings } from "../system.ts";
import { bytes, messagesOf } from "../text.ts";

/** The group that the stories push. */
const group = "f";

/** Push: functions are called with the messages of their groups. Functions and Redis share a clock here. */
export const push: Area = (teller) => {
  const story = (name: string, settings: TopicSettings, tell: Telling) =>
    teller.story(name, settings, async (stage) => {
      const functions = new Functions();
      try {
        await tell(stage, functions);
      } finally {
        functions.close();
      }
    });

  story("messages are pushed as the contract says, signed", { partitions: 2 }, async (stage, functions) => {
    const { system, topic } = stage;
    const endpoint = await functions.start(takesAll);
    await system.putGroup(topic, group, { push: { url: endpoint.url, headers: { "x-shop": "7" } } });
    await system.publish(topic, [
      { key: bytes("schlüssel"), value: bytes('{"n":1}'), headers: [json], partition: 0 },
      { key: Buffer.of(255), value: Buffer.of(0, 255), partition: 1 },
      { value: null, partition: 1 },
    ]);
    await delivered(stage);
    const byId = new Map(endpoint.messages().map((message) => [message.id, message]));
    expect([...byId.keys()].sort()).toEqual(["0-0", "1-0", "1-1"]);
    expect(byId.get("0-0")).toMatchObject({ key: "schlüssel", value: { n: 1 }, attempt: 1, partition: 0 });
    expect(byId.get("1-0")).toMatchObject({ keyBase64: "/w==", valueBase64: "AP8=" });
    expect(byId.get("1-1")).toMatchObject({ key: null, valueBase64: null, offset: 1 });
    const { current, next } = await system.signingKeys();
    for (const { headers, raw } of endpoint.calls) {
      const received = await verifyPush(
        { headers: headers as Record<string, string>, body: raw },
        { keys: [current, next] },
      );
      expect(received).toMatchObject({ topic, group });
      expect(headers["x-shop"]).toBe("7");
    }
  });

  story("of a batch only what failed comes again, with its own delay", {}, async (stage, functions) => {
    const { system, topic } = stage;
    const endpoint = await functions.start(({ messages }, response) => {
      const failed = messages.filter(({ offset, attempt }) => offset === 1 && attempt === 1);
      const batchItemFailures = failed.map(({ id }) => ({ itemIdentifier: id, delayMs: 20 }));
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ batchItemFailures }));
    });
    await system.publish(topic, messagesOf(["a", "b", "c"]));
    await system.putGroup(topic, group, { push: { url: endpoint.url, batchSize: 10 } });
    await system.publish(topic, messagesOf(["d"]));
    await delivered(stage);
    const attempts = endpoint.messages().map(({ offset, attempt }) => `${offset}:${attempt}`);
    expect(attempts.sort()).toEqual(["0:1", "1:1", "1:2", "2:1", "3:1"]);
  });

  story("failures end in the dead-letter log with their reason", {}, async (stage, functions) => {
    const { system, topic } = stage;
    const endpoint = await functions.start(({ messages }, response) => {
      const never = messages[0]!.offset === 0 ? { "tidegate-retry": "never" } : {};
      response.writeHead(400, { "content-type": "text/plain", ...never }).end("spoilt");
    });
    const backoff = { initialMs: 1, maxMs: 1 };
    await system.putGroup(topic, group, { maxDeliveries: 2, backoff, push: { url: endpoint.url } });
    await system.publish(topic, messagesOf(["a", "b"]));
    await delivered(stage);
    const { messages } = await system.deadLetters(topic, group);
    const letters = messages.map(({ originOffset, attempts, reason }) => [originOffset, attempts, reason]);
    expect(letters.sort()).toEqual([
      [0, 1, "status 400: spoilt"],
      [1, 2, "status 400: spoilt"],
    ]);
  });

  story("Retry-After holds the group and spends no attempt", {}, async (stage, functions) => {
    const { system, topic } = stage;
    const calledAt: number[] = [];
    const endpoint = await functions.start((_pushed, response) => {
      calledAt.push(Date.now());
      if (calledAt.length > 1) response.writeHead(204).end();
      else response.writeHead(429, { "retry-after": "2" }).end();
    });
    await system.putGroup(topic, group, { maxDeliveries: 1, push: { url: endpoint.url } });
    await system.publish(topic, messagesOf(["a"]));
    await delivered(stage);
    expect(endpoint.messages()).toMatchObject([{ attempt: 1 }, { attempt: 1 }]);
    // Its timer may be a little early, by whole milliseconds of two clocks.
    expect(calledAt[1]! - calledAt[0]!).toBeGreaterThanOrEqual(1_990);
    expect((await system.describeGroup(topic, group)).heldUntil).toBeNull();
  });

  story("with an order by key a failure stops its key and no other", {}, async (stage, functions) => {
    const { system, topic } = stage;
    let failures = 2;
    const done: string[] = [];
    const endpoint = await functions.start(({ messages }, response) => {
      const { offset, key } = messages[0]!;
      if (offset === 0 && failures-- > 0) return response.writeHead(500).end();
      done.push(`${key}${offset}`);
      return response.writeHead(204).end();
    });
    const backoff = { initialMs: 1, maxMs: 1 };
    await system.putGroup(topic, group, { ordering: "key", backoff, push: { url: endpoint.url } });
    await system.publish(
      topic,
      ["a", "b", "a", "b", "a"].map((key) => ({ key: bytes(key), value: bytes("v") })),
    );
    await delivered(stage);
    expect(done.filter((name) => name.startsWith("a"))).toEqual(["a0", "a2", "a4"]);
    expect(done.filter((name) => name.startsWith("b"))).toEqual(["b1", "b3"]);
  });

  story("an address that is not allowed is not called", {}, async (stage, functions) => {
    const { system, topic } = stage;
    const endpoint = await functions.start(takesAll);
    const url = endpoint.url.replace("127.0.0.1", "127.0.0.2");
    await system.putGroup(topic, group, { maxDeliveries: 1, push: { url } });
    await system.publish(topic, messagesOf(["a"]));
    await delivered(stage);
    expect(endpoint.calls).toEqual([]);
    const { messages } = await system.deadLetters(topic, group);
    expect(messages).toMatchObject([
      { reason: expect.stringContaining("not an address of the public internet") },
    ]);
  });

  teller.story("the keys are a pair", null, async ({ system }) => {
    const { current, next } = await system.signingKeys();
    expect([current, next]).toEqual([expect.stringMatching(/^whsec_/), expect.stringMatching(/^whsec_/)]);
    expect(current).not.toBe(next);
  });
};

type Telling = (stage: Stage, functions: Functions) => Promise<void>;

/** The functions of one story: stories run side by side, so a test's own hooks would end another's. */
class Functions {
  readonly #started: FunctionEndpoint[] = [];

  async start(answer: FunctionAnswer): Promise<FunctionEndpoint> {
    const endpoint = await functionEndpoint(answer);
    this.#started.push(endpoint);
    return endpoint;
  }

  close(): void {
    for (const endpoint of this.#started) endpoint.close();
  }
}

const json = { key: "content-type", value: bytes("application/json") };

/** Waits until everything of the group is done with; where nothing runs for long, the clock strikes meanwhile. */
async function delivered({ system, topic, strike }: Stage): Promise<void> {
  await eventually(
    "everything is delivered",
    async () => {
      await strike();
      const { lag, inFlight, retrying } = await system.describeGroup(topic, group);
      return lag + inFlight + retrying === 0;
    },
    40_000,
  );
}
