import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Engine } from "@tidegate/core";
import { freePort } from "@tidegate/embedded-redis";
import type { Cast } from "./cast.ts";
import { startCast } from "./cast.ts";
import { check } from "./check/check.ts";
import type { FinalState } from "./check/final-state.ts";
import type { Finding } from "./check/finding.ts";
import { type FaultScene, inject } from "./faults/fault.ts";
import { putGate, untilAnswered } from "./faults/operator-faults.ts";
import { type PlannedFault, planFaults } from "./faults/plan.ts";
import type { History } from "./history/event.ts";
import { type Journal, openJournal } from "./history/journal.ts";
import { readHistory } from "./history/read-history.ts";
import { seededRandom } from "./random.ts";
import { readFinalState } from "./read-final-state.ts";
import { mainGroups, scene as names, sideSettings } from "./scene-names.ts";
import type { StageKind } from "./stage/stage.ts";
import { startStage } from "./stage/start-stage.ts";

/** How much longer than planned faults may be injected. */
const patience = 1.2;

/** How long consumers may take for the rest once the faults have ended. */
const drainMs = 30_000;

export interface EpisodeOptions {
  readonly seed: string;
  readonly stage: StageKind;
  /** How long faults are injected. */
  readonly lengthMs: number;
  /** Only faults of these kinds; empty: all that fit the stage. */
  readonly only: readonly string[];
  /** Where the history is kept; made if missing. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

export interface EpisodeResult {
  readonly faults: Readonly<Record<string, number>>;
  /** Appended messages of all logs, and messages that consumers got. */
  readonly messages: number;
  readonly deliveries: number;
  readonly findings: readonly Finding[];
  readonly allowedLosses: Readonly<Record<string, number>>;
}

/** One Redis, a cast of processes, faults while they work, and the checker's verdict in the end. */
export async function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const { seed, folder, signal } = options;
  mkdirSync(folder, { recursive: true });
  const random = seededRandom(seed);
  const stage = await startStage(options.stage);
  const redis = stage.control();
  redis.on("error", () => {});
  const namespace = `chaos-${random.whole(100_000, 999_999)}`;
  const engine = new Engine({ redis, namespace, subscribe: false, callTimeoutMs: 5000 });
  const journal = openJournal(join(folder, "operator.ndjson"), "operator");
  const problems: Finding[] = [];
  let cast: Cast | null = null;
  try {
    const mainTopicId = await setUp(engine, journal);
    cast = await startCast(stage, folder, namespace, random, mainTopicId, await freePort());
    const scene: FaultScene = { stage, ...cast, engine, namespace, journal };
    const watching = new AbortController();
    const watch = watchGroups(engine, journal, watching.signal);
    const plan = planFaults(seed, options.stage, options.lengthMs, options.only);
    await injectAll(plan, scene, options.lengthMs, problems, signal);
    for (const actor of cast.actors) actor.order("hush");
    const drained = await drain(engine, signal);
    watching.abort();
    await watch;
    await Promise.all(cast.actors.map((actor) => actor.end(8000)));
    await cast.server.end(5000);
    if (signal?.aborted) throw signal.reason;
    const final = await readFinalState(engine);
    journal.close();
    if (!drained) problems.push({ anomaly: "stuck", detail: `not drained within ${drainMs} ms` });
    return summarize(folder, readHistory(folder), final, problems);
  } finally {
    await Promise.all((cast?.actors ?? []).map((actor) => actor.signal("SIGKILL")));
    await cast?.server.signal("SIGKILL");
    await engine.stop().catch(() => {});
    redis.disconnect();
    await stage.stop();
  }
}

async function setUp(engine: Engine, journal: Journal): Promise<string> {
  const { topic } = await engine.topics.put(names.main, { partitions: 4 });
  for (const { name, settings } of mainGroups) await engine.groups.put(names.main, name, settings);
  await engine.topics.put(names.side, sideSettings);
  await engine.groups.put(names.side, names.sideGroup.name, names.sideGroup.settings);
  await putGate({ engine, journal }, 1);
  const call = journal.newCall();
  const capacity = names.tightCapacity;
  journal.write({ type: "gate", call, topic: names.tight, id: "tight", stock: null, perKey: null, capacity });
  await engine.topics.put(names.tight, {
    partitions: 1,
    placement: "together",
    gate: { id: "tight", capacity },
  });
  journal.write({ type: "done", call });
  await engine.groups.put(names.tight, names.drain, { maxDeliveries: 5, leaseMs: 1500 });
  return topic.topicId;
}

/** Begins each fault at its time; those on the same thing wait for each other, and are left out when that takes too long. */
async function injectAll(
  plan: readonly PlannedFault[],
  scene: FaultScene,
  lengthMs: number,
  problems: Finding[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const startedAt = performance.now();
  const lines = new Map<string, Promise<void>>();
  for (const { atMs, fault, random } of plan) {
    const waitMs = startedAt + atMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    if (signal?.aborted) break;
    const line = (lines.get(fault.resource) ?? Promise.resolve())
      .then(async () => {
        if (performance.now() - startedAt < lengthMs * patience) await inject(fault, scene, random);
      })
      .catch((error) => {
        problems.push({ anomaly: "fault-failed", detail: String(error) });
      });
    lines.set(fault.resource, line);
  }
  await Promise.all(lines.values());
  await scene.stage.settled();
}

/** Looks now and then where groups stand, for the checker. */
async function watchGroups(engine: Engine, journal: Journal, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      for (const { name } of mainGroups) {
        const { partitions } = await engine.groups.describe(names.main, name);
        journal.write({
          type: "sampled",
          topic: names.main,
          group: name,
          partitions: partitions.map(({ partition, committed }) => ({ partition, committed })),
        });
      }
      const { gateState } = await engine.topics.describe(names.tight);
      journal.write({ type: "backlog", topic: names.tight, messages: gateState?.backlog ?? 0 });
    } catch {
      // Redis is away.
    }
    await pause(200);
  }
}

/** Waits until every group has handled everything; false when it takes too long. */
async function drain(engine: Engine, signal: AbortSignal | undefined): Promise<boolean> {
  // A rollback may have taken a resume with it that was answered; an operator would say it again.
  for (const { name } of mainGroups) await untilAnswered(() => engine.groups.resume(names.main, name));
  const giveUpAt = performance.now() + drainMs;
  // Twice in a row: what was being sent may come in between.
  for (let quiet = 0; quiet < 2; ) {
    if (performance.now() > giveUpAt || signal?.aborted) return false;
    await pause(400);
    quiet = (await untilAnswered(() => isQuiet(engine))) ? quiet + 1 : 0;
  }
  return true;
}

async function isQuiet(engine: Engine): Promise<boolean> {
  for (const { name } of await engine.topics.list()) {
    const { partitionStates } = await engine.topics.describe(name);
    if (partitionStates.some(({ delayed }) => delayed > 0)) return false;
    for (const group of await engine.groups.list(name)) {
      if ((await engine.groups.describe(name, group.name)).lag > 0) return false;
    }
  }
  return true;
}

function summarize(
  folder: string,
  history: History,
  final: FinalState,
  problems: readonly Finding[],
): EpisodeResult {
  writeFileSync(
    join(folder, "final-state.json"),
    JSON.stringify({ wallOffset: history.wallOffset, ...final }),
  );
  const { findings, allowedLosses } = check(history, final);
  const faults: Record<string, number> = {};
  let deliveries = 0;
  for (const event of history.events) {
    if (event.type === "fault") faults[event.kind] = (faults[event.kind] ?? 0) + 1;
    if (event.type === "delivered") deliveries += event.messages.length;
  }
  const messages = final.topics
    .flatMap(({ partitions }) => partitions)
    .reduce((sum, { end }) => sum + end, 0);
  return { faults, messages, deliveries, findings: [...problems, ...findings], allowedLosses };
}
