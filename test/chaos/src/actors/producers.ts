import { setTimeout as pause } from "node:timers/promises";
import type { AcksLevel } from "../history/event.ts";
import { type ActorContext, append, newMessage, type Outgoing } from "./actor-context.ts";

/** Calls that a producer may have unanswered. */
const callsUnderWay = 20;

/** Sends batches of messages without a key, the next ones before the first are answered. */
export async function producePlain(context: ActorContext, topic: string, acks: AcksLevel): Promise<void> {
  const { random, name, hush } = context;
  const stream = `${name}.${topic}.plain`;
  let n = 0;
  await pipeline(hush, random.whole(30, 60), () => {
    const messages = Array.from({ length: random.whole(1, 8) }, () => {
      n += 1;
      return newMessage(random, { id: `${stream}.${n}`, stream, n });
    });
    return append(context, topic, messages, acks);
  });
}

/** Sends messages of a few keys; those of one key are a stream. */
export async function produceKeyed(context: ActorContext, topic: string, acks: AcksLevel): Promise<void> {
  const { random, name, hush } = context;
  const counts = new Map<string, number>();
  await pipeline(hush, random.whole(30, 60), () => {
    const messages = Array.from({ length: random.whole(1, 5) }, () => {
      const key = `${name}.k${random.whole(0, 5)}`;
      const n = (counts.get(key) ?? 0) + 1;
      counts.set(key, n);
      return newMessage(random, { id: `${key}.${topic}.${n}`, stream: key, n, key });
    });
    return append(context, topic, messages, acks);
  });
}

/** Sends messages with idempotency keys until they are answered, and now and then once more afterwards. */
export async function produceIdempotent(
  context: ActorContext,
  topic: string,
  acks: AcksLevel,
): Promise<void> {
  const { random, name, hush, stop } = context;
  let n = 0;
  await pipeline(hush, random.whole(50, 90), async () => {
    n += 1;
    const id = `${name}.${topic}.once.${n}`;
    const message = newMessage(random, {
      id,
      idempotencyKey: id,
      ...(random.chance(0.5) ? { key: `${name}.i${random.whole(0, 9)}` } : {}),
      ...(random.chance(0.2) ? { delayMs: random.whole(10, 1500) } : {}),
    });
    let more = random.pick([0, 0, 1, 2]);
    while (!stop.aborted) {
      const admitted = await append(context, topic, [message], acks);
      if (admitted) more -= 1;
      if (more < 0) break;
      await pause(random.whole(0, random.chance(0.3) ? 4000 : 50), undefined, { ref: false });
    }
    return true;
  });
}

/** Sends messages that are due later. */
export async function produceDelayed(context: ActorContext, topic: string, acks: AcksLevel): Promise<void> {
  const { random, name, hush, trueNow } = context;
  let n = 0;
  await pipeline(hush, random.whole(50, 90), () => {
    const messages: Outgoing[] = Array.from({ length: random.whole(1, 3) }, () => {
      n += 1;
      const delayMs = random.whole(1, 3000);
      const when = random.chance(0.5) ? { delayMs } : { deliverAt: Math.round(trueNow()) + delayMs };
      return newMessage(random, { id: `${name}.${topic}.later.${n}`, ...when });
    });
    return append(context, topic, messages, acks);
  });
}

/** Buyers at a gate, some of them impatient: they come again with the same idempotency key. */
export async function sendBuyers(context: ActorContext, topic: string): Promise<void> {
  const { random, name, hush } = context;
  let n = 0;
  await pipeline(hush, random.whole(40, 80), async () => {
    n += 1;
    const id = `${name}.${topic}.buyer.${n}`;
    const message = newMessage(random, {
      id,
      key: `buyer-${random.whole(1, 60)}`,
      ...(random.chance(0.5) ? { idempotencyKey: id } : {}),
    });
    const admitted = await append(context, topic, [message], "leader");
    if (message.sent.idempotencyKey !== undefined && random.chance(0.5))
      await append(context, topic, [message], "leader");
    return admitted;
  });
}

/** Begins a send every few milliseconds; waits while too many are under way, and for all of them in the end. */
async function pipeline(hush: AbortSignal, everyMs: number, send: () => Promise<unknown>): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  while (!hush.aborted) {
    const sending = send().finally(() => underWay.delete(sending));
    underWay.add(sending);
    await pause(everyMs);
    while (underWay.size >= callsUnderWay && !hush.aborted) await Promise.race([...underWay, pause(100)]);
  }
  await Promise.all(underWay);
}
