import { defineTask } from "@tidegate/tasks";
import * as z from "zod";

/** The mail that welcomes somebody. */
export const sendMail = defineTask({
  name: "send-mail",
  input: z.object({ to: z.email(), name: z.string() }),
  retry: { attempts: 8, backoff: { type: "exponential", delayMs: 100, maxMs: 5_000 } },
  timeoutMs: 10_000,
  concurrency: 50,
});

/** The text message with a code. */
export const sendText = defineTask({
  name: "send-text",
  input: z.object({ to: z.e164(), code: z.string() }),
  retry: { attempts: 8, backoff: { type: "exponential", delayMs: 100, maxMs: 5_000 } },
  timeoutMs: 10_000,
  concurrency: 50,
});
