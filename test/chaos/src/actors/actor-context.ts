import type { Engine } from "@tidegate/core";
import type { AcksLevel, SentMessage } from "../history/event.ts";
import type { Journal } from "../history/journal.ts";
import type { Random } from "../random.ts";
import { bodyOf, type Fate } from "./body.ts";

/** What the roles of one process share. */
export interface ActorContext {
  readonly name: string;
  readonly engine: Engine;
  readonly journal: Journal;
  readonly random: Random;
  /** The true date, whatever the process takes for it. */
  readonly trueNow: () => number;
  /** Aborted when no new messages are wanted. */
  readonly hush: AbortSignal;
  /** Aborted when the process is to stop. */
  readonly stop: AbortSignal;
}

/** A message to send, with what its handlers are to do. */
export interface Outgoing {
  readonly sent: SentMessage;
  readonly body: Buffer;
}

export function newMessage(random: Random, sent: SentMessage): Outgoing {
  const fate: Fate = random.chance(0.97)
    ? "fine"
    : random.pick<Fate>(["poison", "doomed", "flaky", "flaky", "slow", "slow", "returned", "returned"]);
  return { sent, body: bodyOf(sent.id, fate, random.chance(0.02) ? 4000 : random.whole(0, 200)) };
}

/** Appends through the engine and writes down what was sent and answered. Resolves to whether all were admitted. */
export async function append(
  { engine, journal }: ActorContext,
  topic: string,
  messages: readonly Outgoing[],
  acks: AcksLevel,
): Promise<boolean> {
  const call = journal.newCall();
  journal.write({ type: "produce", call, topic, acks, messages: messages.map(({ sent }) => sent) });
  try {
    const { topic: appendedTo, outcomes } = await engine.append(
      topic,
      messages.map(({ sent, body }) => ({
        value: body,
        ...(sent.key === undefined ? {} : { key: Buffer.from(sent.key) }),
        ...(sent.partition === undefined ? {} : { partition: sent.partition }),
        ...(sent.idempotencyKey === undefined ? {} : { idempotencyKey: sent.idempotencyKey }),
        ...(sent.delayMs === undefined ? {} : { delayMs: sent.delayMs }),
        ...(sent.deliverAt === undefined ? {} : { deliverAt: sent.deliverAt }),
      })),
      { acks },
    );
    journal.write({
      type: "produced",
      call,
      topicId: appendedTo.topicId,
      outcomes: outcomes.map((outcome) => {
        if (outcome.status === "refused") return { code: codeOf(outcome.error) };
        const { status: _, ...place } = outcome;
        return place;
      }),
    });
    return outcomes.every(({ status }) => status !== "refused");
  } catch (error) {
    journal.write({ type: "produced", call, error: codeOf(error) });
    return false;
  }
}

/** The code of a typed error; of one that nobody expects, and of any other, its text as well. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: string };
  return code === undefined || code === "INTERNAL" ? `${code ?? ""} ${String(error)}` : code;
}
