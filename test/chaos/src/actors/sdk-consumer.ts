import { setTimeout as pause } from "node:timers/promises";
import type { DeliveredMessage } from "@tidegate/core";
import {
  deadLetter,
  type HandlerOutcome,
  release,
  retry,
  Worker,
  type WorkerOptions,
} from "@tidegate/worker";
import { scene } from "../scene-names.ts";
import type { ActorConfig } from "./actor-config.ts";
import type { ActorContext } from "./actor-context.ts";
import { fateOf, idOf } from "./body.ts";
import { recordedGroups } from "./recorded-groups.ts";

type SdkRole = ActorConfig["roles"][number] & { role: "sdk" };

/** Consumes a group through the worker SDK until the process is told to stop. */
export async function consumeWithSdk(context: ActorContext, role: SdkRole): Promise<void> {
  const { engine, journal, random, stop, name } = context;
  const { topic, group, concurrency, leaseMs } = role;
  const returned = new Set<string>();

  const decide = async (message: DeliveredMessage): Promise<HandlerOutcome | undefined> => {
    const fate = fateOf(message.value);
    if (fate === "slow") await pause(random.whole(50, 400));
    if (fate === "poison") throw new Error("poison");
    if (fate === "doomed") return deadLetter("doomed");
    if (fate === "flaky" && message.attempt === 1)
      return random.chance(0.5) ? retry({ delayMs: random.whole(0, 300) }) : retry();
    if (fate === "returned" && !returned.has(idOf(message.value))) {
      returned.add(idOf(message.value));
      return release();
    }
    return undefined;
  };
  const note = (messages: readonly DeliveredMessage[], partition: number, lease: string) =>
    journal.write({
      type: "handle",
      topic,
      group,
      lease,
      partition,
      messages: messages.map(({ offset, value, attempt }) => [offset, idOf(value), attempt]),
    });

  const common = {
    engine: {
      topics: engine.topics,
      groups: recordedGroups(engine.groups, journal),
      results: engine.results,
    },
    topic,
    group,
    concurrency,
    leaseMs,
    maxMessages: 30,
    consumer: name,
    stopTimeoutMs: 1000,
  };
  const options: WorkerOptions =
    role.handler === "message"
      ? {
          ...common,
          handler: async (message, { partition, leaseId }) => {
            note([message], partition, leaseId);
            return decide(message);
          },
        }
      : {
          ...common,
          batchHandler: async (messages, batch) => {
            const failed = new Set<string>();
            for (const message of messages) {
              if (batch.signal.aborted) return;
              const key = message.key === null ? null : Buffer.from(message.key).toString();
              if (key !== null && failed.has(key)) continue;
              note([message], batch.partition, batch.leaseId);
              const outcome = await decide(message);
              batch.settle(message, outcome);
              // In order nothing behind it counts: of its partition, or of its key.
              if (outcome && group !== scene.chain) return;
              if (outcome && outcome.kind !== "dead-letter" && key !== null) failed.add(key);
            }
          },
        };
  const worker = new Worker(options);
  await worker.start();
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve));
  await worker.stop();
}
