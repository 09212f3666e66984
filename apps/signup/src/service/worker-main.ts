import { type ChildProgram, connectRedis, runChild } from "@tidegate/demo-kit";
import { runTasks, type TaskWorker } from "@tidegate/tasks/worker";
import { Gateway } from "../gateway/call-gateway.ts";
import { sendMail, sendText } from "../tasks.ts";

export interface WorkerSettings {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly gatewayUrl: string;
}

/** Sends what was enqueued. */
function makeWorker(settings: WorkerSettings): ChildProgram {
  const { redisUrl, namespace, gatewayUrl } = settings;
  const redis = connectRedis(redisUrl);
  const gateway = new Gateway(gatewayUrl);
  const mail = sendMail.implement((input, { id, signal }) => gateway.send("mails", input, id, signal));
  const text = sendText.implement((input, { id, signal }) => gateway.send("texts", input, id, signal));
  let worker: TaskWorker | null = null;
  return {
    async start() {
      worker = runTasks([mail, text], { redis, namespace, lockMs: 3_000 });
    },
    async stop() {
      await worker?.stop();
      redis.disconnect();
    },
  };
}

runChild("worker", makeWorker);
