import { type SigningKeys, TidegateError } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";
import { onAbort } from "../call/on-abort.ts";
import { LaneSlots } from "../http-tasks/lane-slots.ts";
import { asTidegateError } from "../push/as-tidegate-error.ts";
import { type OnPushEvent, safely } from "../push/events.ts";
import { keepResultsIn, type OnResult, type PushEnvironment } from "../push/push-environment.ts";
import { type FoundGroup, findPushGroups } from "../push/push-groups.ts";
import { Signer } from "../request/signer.ts";
import { CallRules } from "../rules/call-rules.ts";
import type { Resolve } from "../send/guarded-lookup.ts";
import { sendByUndici, type UndiciSend } from "../send/send-by-undici.ts";
import { keyOf, PushedGroup, type PushedGroupOptions } from "./pushed-group.ts";
import { Slots } from "./slots.ts";

/** Groups are looked at so often when nobody tells of a change, and so soon when Redis was away. */
const lookEveryMs = 60_000;
const troubledMs = 1_000;

export interface DispatcherOptions {
  /** Started, so that wake-ups arrive. The dispatcher never stops it. */
  readonly engine: Engine;
  /** Where it may call beyond https to the public internet: hosts, host:port, addresses, ranges. Default: nowhere. */
  readonly allow?: readonly string[];
  /** Signs in place of the keys that the deployment derives. */
  readonly keys?: SigningKeys | null;
  /**
   * Calls at once, over all groups; each group has its part of them. HTTP tasks have as many again, shared by their keys. 1 to
   * 10,000, default 100.
   */
  readonly concurrency?: number;
  /** How long a stop waits for calls before it gives them up, in ms. Default 10,000. */
  readonly stopTimeoutMs?: number;
  readonly onEvent?: OnPushEvent;
  /** Keeps what endpoints return. Default: in Redis, for tickets. */
  readonly onResult?: OnResult;
  /** Tests only: how names are resolved, and the clock. */
  readonly resolve?: Resolve;
  readonly now?: () => number;
}

/**
 * Delivers the messages of every push group by HTTP POST, with any number of others beside it: leases, limits and open
 * circuits are in Redis. Finds groups by itself as they come and go.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #rules: CallRules;
  readonly #concurrency: number;
  #lookAgain: () => void = () => {};
  #running: { stop: AbortController; ended: Promise<void> } | null = null;

  /** @throws INVALID with the name of the option */
  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#rules = new CallRules(options.allow);
    this.#concurrency = options.concurrency ?? 100;
    if (!Number.isInteger(this.#concurrency) || this.#concurrency < 1 || this.#concurrency > 10_000) {
      throw new TidegateError("INVALID", "concurrency must be a whole number from 1 to 10000", {
        field: "concurrency",
        limit: this.#concurrency < 1 ? 1 : 10_000,
      });
    }
  }

  /** Begins to look for groups, once a stop that is under way has ended. Does nothing when it was started already. */
  start(): void {
    const before = this.#running;
    if (before !== null && !before.stop.signal.aborted) return;
    const stop = new AbortController();
    const ended = (before?.ended ?? Promise.resolve()).then(() => this.#run(stop.signal));
    this.#running = { stop, ended };
  }

  /** Begins no more calls, waits for those under way, releases what was leased. Idempotent; legal before start. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    running.stop.abort();
    await running.ended;
    if (this.#running === running) this.#running = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const sending = sendByUndici(this.#rules, this.#options.resolve);
    const onEvent = safely(this.#options.onEvent);
    const options: PushedGroupOptions = {
      environment: this.#environment(sending, onEvent),
      slots: new Slots(this.#concurrency),
      taskSlots: new LaneSlots(this.#concurrency),
      concurrency: this.#concurrency,
      stopTimeoutMs: this.#options.stopTimeoutMs ?? 10_000,
      onGone: () => void setTimeout(() => this.#lookAgain(), troubledMs).unref(),
    };
    const groups = new Map<string, PushedGroup>();
    const leaving = new Set<Promise<void>>();
    while (!signal.aborted) {
      // Asked for before the look, so that a change between the look and the wait is noticed.
      const seen = this.#options.engine.groups.pushChanges();
      let timeoutMs = lookEveryMs;
      try {
        // A stop need not wait for what Redis does not answer.
        const found = await unlessAborted(findPushGroups(this.#options.engine), signal);
        if (found !== null) follow(groups, found, options, leaving);
      } catch (error) {
        onEvent({ type: "error", error: asTidegateError(error) });
        timeoutMs = troubledMs;
      }
      await this.#rest(seen, timeoutMs, signal);
    }
    await Promise.all([...leaving, ...[...groups.values()].map((group) => group.stop())]);
    await sending.close();
  }

  /** Until groups have changed, one turned out to be gone, or it is time to look anyway. */
  async #rest(seen: number | null, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#lookAgain = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    await this.#options.engine.groups.waitForPushChange(seen, { timeoutMs, signal: either });
  }

  #environment(sending: UndiciSend, onEvent: OnPushEvent): PushEnvironment {
    const { engine, keys, onResult, now } = this.#options;
    return {
      engine,
      send: sending.send,
      rules: this.#rules,
      signer: new Signer(keys ?? (() => engine.signingKeys())),
      onEvent,
      onResult: onResult ?? keepResultsIn(engine),
      now: now ?? (() => engine.now()),
      clock: now ?? (() => performance.now()),
    };
  }
}

/** What a promise gives, or null as soon as the signal is aborted. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return Promise.resolve(null);
  return new Promise<T | null>((resolve, reject) => {
    const forget = onAbort(signal, () => resolve(null));
    promise.then(resolve, reject).finally(forget);
  });
}

/** Begins with groups that are new, ends with those that are gone, tells the others their settings. */
function follow(
  groups: Map<string, PushedGroup>,
  found: readonly FoundGroup[],
  options: PushedGroupOptions,
  leaving: Set<Promise<void>>,
): void {
  const byKey = new Map(found.map((one) => [keyOf(one), one]));
  for (const [key, group] of groups) {
    if (byKey.has(key)) continue;
    groups.delete(key);
    const left = group.stop().finally(() => leaving.delete(left));
    leaving.add(left);
  }
  for (const [key, one] of byKey) {
    let group = groups.get(key);
    if (group === undefined) {
      group = new PushedGroup(one, options);
      groups.set(key, group);
    }
    // One that must stop first waits for its calls; the others need not wait for that.
    const running = group.run(one).finally(() => leaving.delete(running));
    leaving.add(running);
  }
}
