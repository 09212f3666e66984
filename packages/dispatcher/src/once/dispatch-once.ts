import { limits, type SigningKeys } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";
import { longestTimeout } from "../http-tasks/longest-timeout.ts";
import { asTidegateError } from "../push/as-tidegate-error.ts";
import { delivererOf, isHttpTasks } from "../push/deliverer.ts";
import { type OnPushEvent, safely } from "../push/events.ts";
import { keepResultsIn, type OnResult, type PushEnvironment } from "../push/push-environment.ts";
import { type FoundGroup, findPushGroups } from "../push/push-groups.ts";
import { Signer } from "../request/signer.ts";
import { CallRules } from "../rules/call-rules.ts";
import type { Send } from "../send/send.ts";
import { sendByFetch } from "../send/send-by-fetch.ts";
import { deliverLease, type Push } from "./deliver-lease.ts";
import { Gate } from "./gate.ts";

/** How much longer than a call a lease lasts, so that it can be settled. */
const settleMs = 15_000;

export interface DispatchOnceOptions {
  readonly engine: Engine;
  /** No call begins later than so many ms after the beginning; those under way end by their own timeout. Default 10,000. */
  readonly budgetMs?: number;
  /** Messages taken, at most. Default 100. */
  readonly maxMessages?: number;
  /** Calls at once. Default 5: Workers have 6 connections, and one is Redis's. */
  readonly concurrency?: number;
  /** Default: the push groups of all topics. */
  readonly groups?: readonly FoundGroup[];
  /** Where it may call beyond https to the public internet. */
  readonly allow?: readonly string[];
  /** Signs in place of the keys that the deployment derives. */
  readonly keys?: SigningKeys | null;
  readonly onEvent?: OnPushEvent;
  readonly onResult?: OnResult;
  /** Default: the runtime's `fetch`. */
  readonly send?: Send;
}

export interface Dispatched {
  /** Messages that were acknowledged. */
  readonly delivered: number;
  /** Messages that are tried again or were given up. */
  readonly failed: number;
  /** Whether it ended by its bounds: there may be more to do at once. */
  readonly left: boolean;
}

interface Step {
  readonly environment: PushEnvironment;
  readonly endsAt: number;
  readonly concurrency: number;
  messagesLeft: number;
  delivered: number;
  failed: number;
  left: boolean;
}

/**
 * Delivers some messages of push groups and ends: nothing of it stays, no timer, no connection. What it leaves is in Redis,
 * for the next step or a Dispatcher. If the process dies within, what was leased comes back after its deadline.
 */
export async function dispatchOnce(options: DispatchOnceOptions): Promise<Dispatched> {
  const { engine } = options;
  const step: Step = {
    environment: environmentOf(options),
    endsAt: performance.now() + (options.budgetMs ?? 10_000),
    concurrency: options.concurrency ?? 5,
    messagesLeft: options.maxMessages ?? 100,
    delivered: 0,
    failed: 0,
    left: false,
  };
  const groups = options.groups ?? (await findPushGroups(engine));
  // Side by side, each with its part of the calls, so that a slow endpoint does not delay the others.
  const width = Math.max(1, Math.min(groups.length, step.concurrency));
  const gate = new Gate(width);
  const each = Math.max(1, Math.floor(step.concurrency / width));
  await Promise.all(groups.map((found) => gate.run(() => dispatchGroup(found, each, step))));
  return { delivered: step.delivered, failed: step.failed, left: step.left };
}

/** Goes on until the group has nothing to hand out, its endpoint wants a pause, or the step's bounds are reached. */
async function dispatchGroup(found: FoundGroup, concurrency: number, step: Step): Promise<void> {
  const { engine, onEvent } = step.environment;
  const { topic, group } = found;
  const deliverer = delivererOf(step.environment, topic, group);
  const isOfTasks = isHttpTasks(topic.name, group.name);
  const gate = new Gate(concurrency);
  try {
    for (;;) {
      if (step.messagesLeft <= 0 || performance.now() >= step.endsAt) {
        step.left = true;
        return;
      }
      const wanted = Math.min(step.messagesLeft, concurrency * group.push.batchSize, limits.receiveMessages);
      // Reserved before the call, since other groups reserve beside it.
      step.messagesLeft -= wanted;
      const { leases } = await engine.groups.receive(topic.name, group.name, {
        maxMessages: wanted,
        leaseMs: Math.min(group.push.timeoutMs + settleMs, limits.leaseMs),
        consumer: "push",
        create: false,
      });
      step.messagesLeft += wanted - leases.reduce((sum, { messages }) => sum + messages.length, 0);
      if (leases.length === 0) return;
      const goesOn = await Promise.all(
        leases.map(async (lease) => {
          const push: Push = (messages) => deliverer.push(lease.partition, messages, null);
          const timeoutMs = isOfTasks ? longestTimeout(lease.messages) : 0;
          if (timeoutMs > group.push.timeoutMs)
            await engine.groups.extend(topic.name, group.name, lease.id, { leaseMs: timeoutMs + settleMs });
          const outcome = await deliverLease(lease, group, push, gate);
          const result = await engine.groups.settle(topic.name, group.name, lease.id, outcome);
          step.delivered += result.acked;
          step.failed += result.retried + result.deadLettered;
          // A pause of an HTTP task is of its key alone: the others go on.
          return isOfTasks || result.released === 0;
        }),
      );
      if (goesOn.includes(false)) return;
    }
  } catch (error) {
    onEvent({ type: "error", topic: topic.name, group: group.name, error: asTidegateError(error) });
  }
}

function environmentOf(options: DispatchOnceOptions): PushEnvironment {
  const { engine, keys, onEvent, onResult, send, allow } = options;
  return {
    engine,
    send: send ?? sendByFetch,
    rules: new CallRules(allow),
    signer: new Signer(keys ?? (() => engine.signingKeys())),
    onEvent: safely(onEvent),
    onResult: onResult ?? keepResultsIn(engine),
    now: () => engine.now(),
    clock: () => performance.now(),
  };
}
