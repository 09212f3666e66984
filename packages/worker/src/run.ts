import type { TidegateError } from "@tidegate/contracts";
import { type Group, type Topic, usesLanes } from "@tidegate/core";
import type { Consumer } from "./consumer.ts";
import { LeaseCalls } from "./lease-calls.ts";
import { OrderedLoop } from "./ordered-loop.ts";
import { asTidegateError, repeatUntilAnswered } from "./repeat.ts";
import { Rota } from "./rota.ts";
import { type LoopOptions, UnorderedLoop } from "./unordered-loop.ts";
import { Verdicts } from "./verdicts.ts";
import type { Tell } from "./worker-events.ts";
import type { WorkerSettings } from "./worker-options.ts";

/** How often the topic and the group are looked at again, for new partitions and changed settings. */
const refreshMs = 60_000;
/** How long the calls that end leases may take once every handler has ended. */
const settleTimeoutMs = 10_000;

/** One run of a worker, from start to stop. */
export class Run {
  readonly #settings: WorkerSettings;
  readonly #tell: Tell;
  readonly #stopping = new AbortController();
  readonly #onError: (error: TidegateError) => void;
  #parts: { calls: LeaseCalls; rota: Rota; verdicts: Verdicts; consumer: Consumer; lanes: boolean } | null =
    null;
  #refresh: NodeJS.Timeout | null = null;
  #topicVersion = 0;
  #changing = false;
  #wasIdle = false;

  constructor(settings: WorkerSettings, tell: Tell) {
    this.#settings = settings;
    this.#tell = tell;
    this.#onError = (error) => tell("error", error);
  }

  /**
   * Waits until Redis answers, then consumes. Throws what waiting cannot cure; ends quietly when it is stopped
   * meanwhile.
   */
  async begin(): Promise<void> {
    const repeated = { onError: this.#onError, signal: this.#stopping.signal };
    const learning = (async () => {
      const topic = await repeatUntilAnswered(
        () => this.#settings.topics.get(this.#settings.topic),
        repeated,
      );
      const group = await repeatUntilAnswered(() => this.#groupOf(topic), repeated);
      return { topic, group };
    })();
    // Nothing is held yet, so a stop need not wait for what Redis does not answer.
    const stopped = new Promise<null>((resolve) => {
      this.#stopping.signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    const learnt = await Promise.race([learning, stopped]);
    learning.catch(() => {});
    if (learnt) this.#consume(learnt.topic, learnt.group);
  }

  /** Returns how many messages were abandoned. */
  async end(): Promise<number> {
    this.#stopping.abort();
    clearTimeout(this.#refresh ?? undefined);
    if (!this.#parts) return 0;
    const { calls, rota, consumer } = this.#parts;
    rota.stop();
    const abandoned = await consumer.stop(this.#settings.stopTimeoutMs, new Error("the worker is stopping"));
    await calls.drain(settleTimeoutMs);
    return abandoned;
  }

  #consume(topic: Topic, group: Group): void {
    const settings = this.#settings;
    const lanes = usesLanes(group);
    const ordered = group.ordering === "partition" && !lanes;
    const calls = new LeaseCalls({
      settings,
      leaseMs: settings.leaseMs ?? group.leaseMs,
      ordered,
      tell: this.#tell,
      stopping: this.#stopping.signal,
      onChange: () => this.#tellIdle(),
      onTopicVersion: (version) => {
        // Lower where Redis was restored from a snapshot: what has changed since may be gone, and come again.
        if (version === this.#topicVersion) return;
        this.#topicVersion = version;
        this.#planRefresh(0);
      },
    });
    const verdicts = new Verdicts(this.#tell, group.maxDeliveries);
    const onError = (error: TidegateError) => {
      // So it is told of a partition that it cannot be acquired from by itself any more.
      if (error.code === "NOT_SUPPORTED") this.#planRefresh(0);
      else this.#onError(error);
    };
    const rota = new Rota(lanes ? 1 : topic.partitions, {
      settings,
      lanes,
      onTurn: () => consumer.advance(),
      onError,
    });
    const options: LoopOptions = {
      settings,
      calls,
      rota,
      verdicts,
      onError,
      onPause: () => this.#tellIdle(),
      ...(lanes && {
        lanes: { ordered: group.ordering !== "none", onOtherMode: () => this.#planRefresh(0) },
      }),
    };
    const consumer: Consumer = ordered ? new OrderedLoop(options) : new UnorderedLoop(options);
    this.#parts = { calls, rota, verdicts, consumer, lanes };
    this.#topicVersion = topic.version;
    this.#planRefresh(refreshMs);
    consumer.advance();
  }

  /** The group; made with defaults where it is missing, except where a mistyped name would hold back retention. */
  async #groupOf(topic: Topic): Promise<Group> {
    const { groups, group, create } = this.#settings;
    try {
      return await groups.get(topic.name, group);
    } catch (thrown) {
      const error = asTidegateError(thrown);
      if (error.code !== "GROUP_NOT_FOUND" || !create || topic.retention.policy === "queue") throw error;
      return (await groups.put(topic.name, group, {})).group;
    }
  }

  #planRefresh(ms: number): void {
    clearTimeout(this.#refresh ?? undefined);
    this.#refresh = setTimeout(
      () => {
        this.#lookAgain()
          .catch((thrown) => this.#onError(asTidegateError(thrown)))
          .finally(() => {
            if (!this.#stopping.signal.aborted) this.#planRefresh(refreshMs);
          });
      },
      ms * (1 - Math.random() / 4),
    );
  }

  async #lookAgain(): Promise<void> {
    const { topics, groups, topic, group } = this.#settings;
    const [seen, settings] = await Promise.all([topics.get(topic), groups.get(topic, group)]);
    if (!this.#parts || this.#stopping.signal.aborted) return;
    this.#topicVersion = seen.version;
    if (usesLanes(settings) !== this.#parts.lanes) return this.#changeMode(seen, settings);
    this.#parts.verdicts.maxDeliveries = settings.maxDeliveries;
    if (!this.#parts.lanes) this.#parts.rota.grow(seen.partitions);
    this.#parts.consumer.advance();
  }

  /** The group has come to lanes or left them: what is held is ended first, then it is consumed the other way. */
  async #changeMode(topic: Topic, group: Group): Promise<void> {
    if (this.#changing) return;
    this.#changing = true;
    const { calls, rota, consumer } = this.#parts!;
    rota.stop();
    await consumer.stop(this.#settings.stopTimeoutMs, new Error("the group changes"));
    await calls.drain(settleTimeoutMs);
    this.#changing = false;
    if (!this.#stopping.signal.aborted) this.#consume(topic, group);
  }

  /** Tells once when everything has come to rest, and again only when something was leased in between. */
  #tellIdle(): void {
    if (!this.#parts || this.#stopping.signal.aborted) return;
    const { calls, rota, consumer } = this.#parts;
    if (!calls.idle) this.#wasIdle = false;
    else if (!this.#wasIdle && rota.asleep && consumer.idle) {
      this.#wasIdle = true;
      this.#tell("idle");
    }
  }
}
