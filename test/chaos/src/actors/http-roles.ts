import { setTimeout as pause } from "node:timers/promises";
import { Client, valueBytes } from "@tidegate/client";
import type { SentMessage } from "../history/event.ts";
import { type ActorContext, codeOf, newMessage } from "./actor-context.ts";
import { idOf } from "./body.ts";
import { decide, segmentsOf } from "./pull-consumer.ts";
import { recordSettle, settleSeen } from "./recorded-groups.ts";

const clientOptions = { timeoutMs: 6000, attemptTimeoutMs: 2000 };

/** Publishes through the server, as a function does; the client repeats what it got no answer to. */
export async function publishByHttp(
  { journal, random, name, hush }: ActorContext,
  { topic, topicId, url }: { topic: string; topicId: string; url: string },
): Promise<void> {
  const client = new Client({ url, ...clientOptions });
  let n = 0;
  const publisher = async () => {
    while (!hush.aborted) {
      const messages = Array.from({ length: random.whole(1, 4) }, () => {
        n += 1;
        const id = `${name}.${topic}.http.${n}`;
        const key = random.chance(0.5) ? { key: `${name}.h${random.whole(0, 5)}` } : {};
        return newMessage(random, { id, idempotencyKey: id, ...key } satisfies SentMessage);
      });
      const call = journal.newCall();
      journal.write({
        type: "produce",
        call,
        topic,
        acks: "leader",
        messages: messages.map(({ sent }) => sent),
      });
      try {
        const answer = await client.publish(
          topic,
          messages.map(({ sent, body }) => ({
            value: body,
            idempotencyKey: sent.idempotencyKey!,
            ...(sent.key === undefined ? {} : { key: sent.key }),
          })),
        );
        const outcomes = answer.messages.map(({ partition, offset, duplicate }) => ({
          partition,
          offset: offset!,
          duplicate: duplicate === true,
        }));
        journal.write({ type: "produced", call, topicId, outcomes });
      } catch (error) {
        journal.write({ type: "produced", call, error: codeOf(error) });
      }
      await pause(random.whole(20, 60));
    }
  };
  await Promise.all([publisher(), publisher(), publisher()]);
}

/** Receives and settles through the server. */
export async function pullByHttp(
  { journal, random, name, stop }: ActorContext,
  { topic, group, url }: { topic: string; group: string; url: string },
): Promise<void> {
  const client = new Client({ url, ...clientOptions });
  while (!stop.aborted) {
    const call = journal.newCall();
    journal.write({ type: "acquire", call, topic, group });
    try {
      const { leases } = await client.receive(topic, group, {
        maxMessages: random.whole(1, 60),
        waitMs: 300,
        leaseMs: 1500,
        consumer: name,
      });
      for (const lease of leases) {
        const { partition } = lease;
        const messages = lease.messages.map((message) => ({
          offset: message.offset,
          attempt: message.attempt,
          value: valueBytes(message),
        }));
        const deadline = new Date(lease.deadline).getTime();
        journal.write({
          type: "acquired",
          call,
          lease: lease.id,
          partition,
          deadline,
          segments: segmentsOf(messages),
        });
        journal.write({
          type: "delivered",
          topic,
          group,
          lease: lease.id,
          messages: messages.map(({ offset, value, attempt }) => [offset, idOf(value), attempt]),
        });
        const outcome = decide(messages, random);
        const { retry, release, deadLetter } = outcome;
        await recordSettle(journal, { topic, group, lease: lease.id }, settleSeen(outcome), () =>
          client.settle(topic, group, lease.id, {
            ack: "all",
            retry,
            release,
            deadLetter,
          }),
        ).catch(() => {});
      }
    } catch {
      await pause(100);
    }
  }
}
