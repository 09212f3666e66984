import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  cloudflareQueue,
  deadLetter,
  handlePush,
  lambdaSqs,
  NeverRetry,
  nodePush,
  type PushHandler,
  release,
  result,
  retry,
  retryAfter,
} from "@tidegate/client/push";
import { eventually } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { type Post, post, upTo } from "../fixtures/post.ts";

/** A function made with the client, on node:http. */
async function nodeFunction(listener: ReturnType<typeof nodePush>): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/push`;
}

/** One that goes from a Request to a Response. */
function fetchFunction(receive: (request: Request) => Promise<Response>): Promise<string> {
  return nodeFunction(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const headers = request.headers as Record<string, string>;
    const answer = await receive(
      new Request("http://function/", { method: "POST", headers, body: Buffer.concat(chunks) }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  });
}

async function keysOf(office: Post): Promise<string[]> {
  const { current, next } = await office.engine.signingKeys();
  return [current, next];
}

function drained(office: Post, group: string): Promise<unknown> {
  return eventually(
    `${group} is drained`,
    async () => {
      const { lag, inFlight, retrying } = await office.describe(group);
      return lag === 0 && inFlight === 0 && retrying === 0;
    },
    30_000,
  );
}

test("what a handler made with the client says is what becomes of its messages", async () => {
  const office = await post();
  const seen: [string, number][] = [];
  const handler: PushHandler = (message) => {
    const wish = message.json<string>();
    seen.push([wish, message.attempt]);
    const before = seen.filter(([other]) => other === wish).length > 1;
    if (wish === "never") throw new NeverRetry("no such buyer");
    if (wish === "bury") return deadLetter("spoilt");
    if (wish === "answer") return result({ paid: 12 });
    if (before) return undefined;
    if (wish === "throw") throw new Error("not now");
    if (wish === "later") return retry({ delayMs: 5 });
    return wish === "back" ? release() : undefined;
  };
  const kept: unknown[] = [];
  const url = await nodeFunction(nodePush({ keys: await keysOf(office), onError: () => {} }, handler));
  await office.publish("fine", "never", "bury", "answer", "throw", "later", "back");
  await office.group("billing", url, { push: { url, batchSize: 10 } });
  office.dispatch({
    async onResult({ message }, value) {
      kept.push([message.offset, value]);
    },
  });
  await drained(office, "billing");
  const attempts = (wish: string) => seen.filter(([other]) => other === wish).map(([, attempt]) => attempt);
  expect(["fine", "never", "bury", "answer"].map(attempts)).toEqual([[1], [1], [1], [1]]);
  expect(["throw", "later", "back"].map(attempts)).toEqual([
    [1, 2],
    [1, 2],
    [1, 1],
  ]);
  expect(await office.deadLetters("billing")).toMatchObject([
    { originOffset: 1, attempts: 1, reason: "no such buyer" },
    { originOffset: 2, attempts: 1, reason: "spoilt" },
  ]);
  expect(kept).toEqual([[3, { paid: 12 }]]);
});

test("a pause keeps what is done, and spends no attempt of the rest", async () => {
  const office = await post();
  const seen: [number, number][] = [];
  const url = await nodeFunction(
    nodePush({ keys: await keysOf(office), ordering: "partition" }, (message) => {
      const number = message.json<number>();
      seen.push([number, message.attempt]);
      return number === 2 && seen.length === 3 ? retryAfter(1) : undefined;
    }),
  );
  await office.publish(...upTo(5));
  await office.group("billing", url, { push: { url, batchSize: 5 } });
  const { events } = office.dispatch();
  const held = events.next("held");
  await drained(office, "billing");
  expect((await held).forMs).toBe(1_000);
  expect(seen.slice(0, 3).map(([number]) => number)).toEqual([0, 1, 2]);
  expect(
    seen
      .slice(3)
      .map(([number]) => number)
      .sort(),
  ).toEqual([2, 3, 4]);
  expect(seen.every(([, attempt]) => attempt === 1)).toBe(true);
});

test("a rotation of the keys refuses nothing, though the function only ever knew the two of before", async () => {
  const office = await post();
  const refused: unknown[] = [];
  const seen: number[] = [];
  const url = await nodeFunction(
    nodePush({ keys: await keysOf(office), onError: (error) => refused.push(error) }, (message) => {
      seen.push(message.json());
    }),
  );
  await office.group("billing", url);
  const first = office.dispatch().dispatcher;
  await office.publish(1);
  await drained(office, "billing");
  await office.engine.rotateSigningKeys();
  await first.stop();
  office.dispatch();
  await office.publish(2);
  await drained(office, "billing");
  expect([seen, refused]).toEqual([[1, 2], []]);
});

test("a stranger's keys are refused, which spends attempts and is told in the dead letter", async () => {
  const office = await post();
  const stranger = await post();
  const url = await fetchFunction(async (request) =>
    handlePush(request, { keys: await keysOf(stranger), onError: () => {} }, () => {}),
  );
  await office.group("billing", url, { maxDeliveries: 2 });
  await office.publish("a");
  office.dispatch();
  await eventually("it is a dead letter", async () => (await office.deadLetters("billing")).length === 1);
  expect(await office.deadLetters("billing")).toMatchObject([{ attempts: 2, reason: /^status 401/ }]);
});

test("handlers written for Cloudflare Queues and for SQS are pushed to", async () => {
  const office = await post();
  const keys = await keysOf(office);
  const seen: Record<string, [unknown, number][]> = { queue: [], lambda: [] };
  const queue = cloudflareQueue<undefined>({ keys }, (batch) => {
    for (const message of batch.messages) {
      seen.queue!.push([message.body, message.attempts]);
      if (message.body === 1 && message.attempts === 1) message.retry({ delaySeconds: 0 });
      else message.ack();
    }
  });
  const queueUrl = await fetchFunction((request) => queue(request, undefined, { waitUntil: () => {} }));
  const lambdaUrl = await fetchFunction(
    lambdaSqs({ keys }, async (event) => ({
      batchItemFailures: event.Records.flatMap(({ messageId, body, attributes }) => {
        seen.lambda!.push([body, Number(attributes.ApproximateReceiveCount)]);
        const fails = body === "2" && attributes.ApproximateReceiveCount === "1";
        return fails ? [{ itemIdentifier: messageId }] : [];
      }),
    })),
  );
  await office.publish(...upTo(4));
  await office.group("queue", queueUrl, { push: { url: queueUrl, batchSize: 4 } });
  await office.group("lambda", lambdaUrl, { push: { url: lambdaUrl, batchSize: 4 } });
  office.dispatch();
  await drained(office, "queue");
  await drained(office, "lambda");
  expect(seen.queue).toEqual([...upTo(4).map((number) => [number, 1]), [1, 2]]);
  expect(seen.lambda).toEqual([...upTo(4).map((number) => [String(number), 1]), ["2", 2]]);
});
