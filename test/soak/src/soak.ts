import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@tidegate/client";
import { Engine } from "@tidegate/core";
import { startWatched } from "@tidegate/fuzz/watched-process";
import { startWatchedServer } from "@tidegate/fuzz/watched-server";
import { startRedis } from "@tidegate/testkit";
import { killedWorkers, workerProcess } from "./consumers/killed-workers.ts";
import { type Sample, takeSample, type Watched } from "./judge/sample.ts";
import { auditAll, findStuck } from "./judge/settle-down.ts";
import { judge, type Verdict } from "./judge/verdict.ts";
import { comingAndGoing } from "./load/coming-and-going.ts";
import type { Activity } from "./load/pace.ts";
import { PublishedLately } from "./load/published-lately.ts";
import { publishing } from "./load/publishing.ts";
import type { SoakOptions } from "./soak-options.ts";
import { makeTopics } from "./topics.ts";

const namespace = "soak";
/** An audit reads every log: rarely, so that it is no load of its own. */
const auditEverySamples = 30;

/** What a soak saw. */
export interface SoakReport {
  readonly samples: readonly Sample[];
  readonly verdict: Verdict;
  /** What an audit found, what failed, what is stuck. */
  readonly findings: readonly string[];
}

/** A Redis, a server and workers of its own under constant load, sampled all the while, then drained and recounted. */
export async function runSoak(options: SoakOptions, progress: (line: string) => void): Promise<SoakReport> {
  // Without snapshots, whose copies of pages would be counted too.
  const redis = await startRedis({ appendonly: "everysec" });
  const server = await startWatchedServer({ redisUrl: redis.url, namespace });
  const connection = redis.client();
  const engine = new Engine({ redis: connection, namespace });
  const client = new Client({ url: server.url });
  await makeTopics(engine, options.retentionMs);
  const worker = startWatched(workerProcess, [redis.url, namespace, "lasting"]);
  await worker.line(/^ready$/);
  const findings = new Set<string>();
  const published = new PublishedLately(options.retentionMs);
  const stop = new AbortController();
  try {
    const activities = [
      ...publishing(engine, client, options.messagesPerSecond, published),
      ...comingAndGoing(client),
      killedWorkers(redis.url, namespace, Math.min(10_000, options.durationMs / 4)),
    ];
    const running = activities.map((activity) => keepGoing(activity, stop.signal, findings));
    const publishedLately = () => published.count();
    const watched = { server, worker, redis: connection, engine, publishedLately };
    const samples = await watch(watched, options, findings, progress);
    stop.abort();
    await Promise.all(running);
    // What the killed workers held comes back after three seconds, what is delayed after two.
    for (const stuck of await findStuck(engine, 30_000)) findings.add(stuck);
    for (const finding of await auditAll(engine)) findings.add(`audit: ${finding}`);
    await worker.end();
    for (const line of [...server.stderr, ...worker.stderr]) findings.add(`log: ${line}`);
    return { samples, verdict: judge(samples, options.warmUpMs), findings: [...findings] };
  } finally {
    stop.abort();
    await engine.stop();
    await worker.end("SIGKILL");
    await server.end();
    await redis.stop();
  }
}

/** An activity that fails is a finding, and goes on. */
async function keepGoing(activity: Activity, signal: AbortSignal, findings: Set<string>): Promise<void> {
  while (!signal.aborted) {
    await activity(signal).catch((error: Error & { code?: string }) => {
      findings.add(`${error.code ?? error.name}: ${error.message}`);
    });
  }
}

async function watch(
  watched: Watched,
  { durationMs, sampleEveryMs }: SoakOptions,
  findings: Set<string>,
  progress: (line: string) => void,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  for (;;) {
    await sleep(Math.max(0, startedAt + (samples.length + 1) * sampleEveryMs - performance.now()));
    const sample = await takeSample(watched, performance.now() - startedAt);
    samples.push(sample);
    const { atMs, serverHeap, workerHeap, redisPerMessage, messages, keys, connections, channels } = sample;
    progress(
      `${(atMs / 1000).toFixed(0)} s: heap ${serverHeap.toFixed(1)} and ${workerHeap.toFixed(1)} MiB, ${messages} messages of ${redisPerMessage.toFixed(0)} B, ${keys} keys, ${connections} connections, ${channels} channels`,
    );
    if (samples.length % auditEverySamples === 0)
      for (const finding of await auditAll(watched.engine)) findings.add(`audit: ${finding}`);
    if (atMs >= durationMs) return samples;
  }
}
