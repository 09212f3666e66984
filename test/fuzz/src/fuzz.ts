import { setTimeout as sleep } from "node:timers/promises";
import { startRedis } from "@tidegate/testkit";
import type { FuzzOptions } from "./fuzz-options.ts";
import { FromDocument } from "./generate/from-document.ts";
import { finding } from "./judge/finding.ts";
import { Judge } from "./judge/judge.ts";
import { tokens } from "./judge/judge-request.ts";
import { Ledger } from "./ledger.ts";
import { type MemorySample, type MemoryTrend, memoryTrend } from "./memory-trend.ts";
import { minimise } from "./minimise.ts";
import { fetchOpenApi } from "./openapi/document.ts";
import { Session } from "./session/session.ts";
import { sweep } from "./sweep.ts";
import { startFuzzWorker } from "./task-worker.ts";
import { startWatchedServer, type WatchedServer } from "./watched/watched-server.ts";

const requestsASession = 60;
const sessionsARound = 48;
const sessionsAtOnce = 8;
const answerWithinMs = 15_000;
const stopWithinMs = 15_000;
const namespace = "fuzz";

/** What a run found. */
export interface FuzzReport {
  readonly ledger: Ledger;
  readonly topics: number;
  readonly samples: readonly MemorySample[];
  /** Null when the run was too short to tell. */
  readonly trend: MemoryTrend | null;
}

/**
 * Fuzzes a server of its own on a Redis of its own, in rounds: sessions side by side, then every topic recounted and
 * deleted, and a look at the server's memory.
 */
export async function runFuzz(options: FuzzOptions, progress: (line: string) => void): Promise<FuzzReport> {
  const redis = await startRedis();
  const client = redis.client();
  const worker = await startFuzzWorker(client, namespace);
  const server = await startWatchedServer({ redisUrl: redis.url, namespace, tokens: tokens.configuration });
  try {
    const openApi = await fetchOpenApi(server.url);
    const ledger = new Ledger(openApi);
    const shared = {
      ...{ url: server.url, openApi, answerWithinMs },
      ...{ fromDocument: new FromDocument(openApi), judge: new Judge(openApi) },
    };
    const samples: MemorySample[] = [];
    let topics = 0;
    for (const round of roundsOf(options)) {
      await eachOf(round, sessionsAtOnce, ({ number, requests }) => {
        const note: Ledger["note"] = (...told) => ledger.note(...told);
        const target = { ...shared, note: note.bind(null, number) };
        return new Session(target, options.seed, number).run(requests);
      });
      if (server.endedBy !== null) break;
      const swept = await sweep(client, namespace);
      topics += swept.topics;
      for (const found of swept.findings) ledger.find(found);
      const memory = await server.memory();
      samples.push({ requests: ledger.requests, ...memory });
      const mebibytes = (memory.heap / 1024 / 1024).toFixed(1);
      progress(`${ledger.requests} requests, ${ledger.findings.size} findings, heap ${mebibytes} MiB`);
    }
    if (server.endedBy === null) await minimiseAll(ledger, shared);
    if (server.endedBy !== null) ledger.find(finding("the server ended", `with ${server.endedBy}`));
    else if (!(await endsInTime(server)))
      ledger.find(finding("the server does not stop", `within ${stopWithinMs} ms`));
    for (const line of server.stderr) ledger.find(finding(kindOfLog(line), line));
    const trend = memoryTrend(samples);
    if (trend?.stable === false) ledger.find(finding("memory grows", JSON.stringify(trend)));
    return { ledger, topics, samples, trend };
  } finally {
    await server.end("SIGKILL");
    await worker.stop();
    await redis.stop();
  }
}

/** Makes the requests of the findings smaller, on the server that showed them. */
async function minimiseAll(ledger: Ledger, target: { url: string; judge: Judge }): Promise<void> {
  for (const found of ledger.findings.values()) {
    const smallest = found.request === null ? null : await minimise(found.request, found.kind, target);
    if (smallest === null) continue;
    found.request = smallest;
    found.minimal = true;
  }
}

async function endsInTime(server: WatchedServer): Promise<boolean> {
  const inTime = sleep(stopWithinMs, false, { ref: false });
  return Promise.race([server.end().then((how) => how === 0), inTime]);
}

interface Plan {
  readonly number: number;
  readonly requests: number;
}

function roundsOf({ requests, session }: FuzzOptions): Plan[][] {
  if (session !== null) return [[{ number: session, requests: requestsASession }]];
  const plans: Plan[] = [];
  for (let left = requests; left > 0; left -= requestsASession)
    plans.push({ number: plans.length, requests: Math.min(left, requestsASession) });
  const rounds: Plan[][] = [];
  for (let at = 0; at < plans.length; at += sessionsARound) rounds.push(plans.slice(at, at + sessionsARound));
  return rounds;
}

/** Does it for each of a list, so many at a time. */
async function eachOf<T>(list: readonly T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> {
  const rest = list.values();
  const work = async () => {
    for (const item of rest) await run(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

function kindOfLog(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return `in the server's log: ${err?.message ?? msg}`;
  } catch {
    return `in the server's log: ${line.slice(0, 80)}`;
  }
}
