import { setTimeout as sleep } from "node:timers/promises";
import { startWatched } from "@tidegate/fuzz/watched-process";
import type { Activity } from "../load/pace.ts";

export const workerProcess = new URL("./worker-process.ts", import.meta.url);

/** A worker process that is killed every few seconds, in the middle of what it does, and started again. */
export function killedWorkers(redisUrl: string, namespace: string, lifeMs: number): Activity {
  return async (signal) => {
    while (!signal.aborted) {
      const worker = startWatched(workerProcess, [redisUrl, namespace, "passing"]);
      await worker.line(/^ready$/);
      await sleep(lifeMs, undefined, { signal }).catch(() => {});
      await worker.end("SIGKILL");
    }
  };
}
