import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeptProcess, programAt, Started, startDemoRedis } from "@tidegate/demo-kit";
import { type Answers, register } from "./crowd/register.ts";
import { GatewayServer, type Sent } from "./gateway/gateway-server.ts";
import type { SignUpOptions } from "./options.ts";
import { UserDatabase } from "./service/user-database.ts";

/** What came of it. */
export interface SignUpReport {
  readonly options: SignUpOptions;
  readonly answers: Answers;
  /** Users in the database. */
  readonly users: number;
  /** What had been sent when the last sign-up was answered, and in the end. */
  readonly sentBefore: Sent;
  readonly sent: Sent;
  /** From the first request to the last message. */
  readonly seconds: number;
}

export interface SignUpHooks {
  /** Told what is installed, which phase begins, and what could not be stopped in order. */
  readonly log?: (line: string) => void;
  /** Told the number of each worker process. */
  readonly onWorker?: (pid: number) => void;
  /** Told when all sign-ups are answered. */
  readonly onAnswered?: () => void;
  /** Whether the gateway answers nobody before all sign-ups are answered. */
  readonly holdGateway?: boolean;
  readonly signal?: AbortSignal;
}

const impatientPercent = 3;
/** So long nothing was sent, and nothing will be. */
const stalledMs = 30_000;

/**
 * Lets a crowd sign up over real processes: a Redis, the service, a worker; the gateway and the crowd are in this one.
 * Rejects when something does not start or dies, and with the signal's reason. Leaves nothing behind in any case.
 */
export async function runSignup(options: SignUpOptions, hooks: SignUpHooks = {}): Promise<SignUpReport> {
  const started = new Started();
  try {
    return await run(options, hooks, started);
  } finally {
    await started.stop(hooks.log);
  }
}

async function run(options: SignUpOptions, hooks: SignUpHooks, started: Started): Promise<SignUpReport> {
  const namespace = `signup-${randomBytes(6).toString("hex")}`;
  const died = new AbortController();
  const onDeath = (error: Error) => died.abort(error);
  const signal = AbortSignal.any([died.signal, ...(hooks.signal ? [hooks.signal] : [])]);
  const folder = mkdtempSync(join(tmpdir(), "tidegate-signup-"));
  started.add(() => rmSync(folder, { recursive: true, force: true }));
  const redis = await startDemoRedis({ redisUrl: options.redisUrl, namespace, log: hooks.log, onDeath });
  started.add(() => redis.stop());
  const { gatewayMs: delayMs, failingPercent } = options;
  const gateway = new GatewayServer({ delayMs, failingPercent });
  const gatewayUrl = await gateway.start();
  started.add(() => gateway.stop());
  if (hooks.holdGateway) gateway.hold();

  const databaseFile = join(folder, "users.sqlite");
  const ready = Promise.withResolvers<string>();
  signal.addEventListener("abort", () => ready.reject(signal.reason), { once: true });
  const service = new KeptProcess({
    program: programAt("./service/sign-up-main", import.meta.url),
    name: "service",
    settings: { redisUrl: redis.url, namespace, databaseFile },
    onMessage: (url) => ready.resolve(String(url)),
    onDeath,
  });
  const worker = new KeptProcess({
    program: programAt("./service/worker-main", import.meta.url),
    name: "worker",
    settings: { redisUrl: redis.url, namespace, gatewayUrl },
    onMessage: () => {},
    onStart: (pid) => hooks.onWorker?.(pid),
    onDeath,
  });
  for (const process of [service, worker]) {
    started.add(() => process.stop());
    process.start();
  }
  const url = await ready.promise;

  hooks.log?.(`${options.registrations} people sign up …`);
  const startedAt = performance.now();
  const { registrations, clients } = options;
  const answers = await register({ url, registrations, clients, impatientPercent, signal });
  const sentBefore = gateway.sent;
  hooks.onAnswered?.();
  gateway.release();
  hooks.log?.("all are answered; mails and texts go out …");
  await allSent(gateway, registrations, signal);
  const seconds = (performance.now() - startedAt) / 1_000;
  await worker.stop();
  await service.stop();
  const users = new UserDatabase(databaseFile);
  const count = users.count;
  users.close();
  return { options, answers, users: count, sentBefore, sent: gateway.sent, seconds };
}

/** Waits until everybody has both, or nothing was sent for a long time; the report tells which. */
async function allSent(gateway: GatewayServer, registrations: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const next = gateway.next();
    const { mails, texts } = gateway.sent;
    if (mails >= registrations && texts >= registrations) return;
    const waited = Promise.withResolvers<"stalled">();
    const timer = setTimeout(() => waited.resolve("stalled"), stalledMs);
    const stop = () => waited.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      if ((await Promise.race([next, waited.promise])) === "stalled") return;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }
}
