import { type ErrorCode, TidegateError } from "@tidegate/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Capabilities } from "./capabilities.ts";
import type { System, TopicSettings } from "./system.ts";
import type { RunningTarget, Target } from "./target.ts";

/** What a story is told with. */
export interface Stage {
  readonly system: System;
  /** A topic of the story's own. */
  readonly topic: string;
  readonly http: RunningTarget["http"];
  /** The keys in Redis of the topic. */
  keys(): Promise<string[]>;
  /** Lets every Redis forget its scripts. */
  flushScripts(): Promise<void>;
  /** Lets the clock strike where push waits for it. */
  strike(): Promise<void>;
}

/** What an area registers its stories with. */
export interface Storyteller {
  readonly can: Capabilities;
  /**
   * A test with a topic of its own, made with `settings` (of one partition when they do not say); null makes none. When the
   * story has ended, an audit of the topic finds nothing.
   */
  story(name: string, settings: TopicSettings | null, tell: (stage: Stage) => Promise<void>): void;
}

/** One area of what Tidegate promises: registers its stories. */
export type Area = (teller: Storyteller) => void;

/** Registers the areas for a target: it starts once, and the stories run at the same time. */
export function conformance(target: Target, areas: Readonly<Record<string, Area>>): void {
  describe.concurrent(target.name, () => {
    let running: RunningTarget | undefined;
    beforeAll(async () => {
      running = await target.start();
    });
    afterAll(() => running?.stop());
    const teller: Storyteller = {
      can: target.can,
      story(name, settings, tell) {
        test(name, async () => {
          const { system, topicName, http, keys, flushScripts, strike = async () => {} } = running!;
          const wanted = settings === null ? null : { partitions: 1, ...settings };
          const topic = await topicName(wanted?.partitions ?? 1);
          if (wanted !== null) await system.putTopic(topic, wanted);
          await tell({ system, topic, http, keys: () => keys(topic), flushScripts, strike });
          await expectSound(system, topic);
        });
      },
    };
    for (const [name, area] of Object.entries(areas)) describe(name, () => area(teller));
  });
}

/** Asserts that a recount of the topic finds nothing; a topic that the story deleted is sound. */
export async function expectSound(system: System, topic: string): Promise<void> {
  try {
    expect((await system.audit(topic)).findings).toEqual([]);
  } catch (error) {
    const gone: ErrorCode = "TOPIC_NOT_FOUND";
    if (!(error instanceof TidegateError && error.code === gone)) throw error;
  }
}
