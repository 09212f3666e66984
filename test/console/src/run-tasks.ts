import { defineTask, PermanentError } from "@tidegate/tasks";
import { Tasks } from "@tidegate/tasks/producer";
import { runTasks } from "@tidegate/tasks/worker";
import { Redis } from "ioredis";
import * as z from "zod";
import { hostile } from "./hostile-text.ts";

const input = z.object({ to: z.string(), fail: z.boolean().optional() });

const sendMail = defineTask({
  name: "send-mail",
  input,
  retry: { attempts: 1 },
  run: async ({ to, fail }, context) => {
    await context.log(`sending to ${to}`);
    await context.progress({ sent: 0.5 });
    if (fail) throw new PermanentError(`the server refuses ${hostile.image}`);
    return { messageId: `mail-${to}` };
  },
});

/** Runs of one task in every state that waits for nobody, and schedules; the worker is stopped with the answer. */
export async function runShopTasks(redisUrl: string, namespace: string): Promise<() => Promise<void>> {
  const redis = new Redis(redisUrl);
  redis.on("error", () => {});
  const worker = runTasks([sendMail], { redis, namespace });
  await worker.ready;
  const tasks = new Tasks({ redis, namespace, tasks: [sendMail] });
  await tasks.enqueueMany(
    sendMail,
    Array.from({ length: 12 }, (_, index) => ({
      input: { to: `reader-${index}`, fail: index < 3 },
      id: `mail-${index}`,
    })),
  );
  await Promise.all(
    Array.from({ length: 12 }, (_, index) => tasks.wait(sendMail, `mail-${index}`, { timeoutMs: 60_000 })),
  );
  await tasks.enqueue(sendMail, { to: "later" }, { id: "mail-later", delayMs: 86_400_000 });
  await tasks.schedules.put(sendMail.name, "nightly", {
    cron: "0 3 * * *",
    timeZone: "Europe/Berlin",
    input: { to: "all" },
  });
  return async () => {
    await worker.stop({ timeoutMs: 0 });
    await tasks.close();
    redis.disconnect();
  };
}
