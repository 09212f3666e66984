import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type RunningWorker, startWorker } from "./start-worker.ts";

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({ redisUrl: inject("redisUrl"), tokens: "root=admin" });
}, 30_000);
afterAll(() => worker.stop());
test("healthz", async () => {
  const r = await fetch(`${worker.url}/healthz`);
  expect(await r.text()).toBe("ok\n");
});
