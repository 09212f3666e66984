import * as z from "zod";
import { limits } from "./limits.ts";
import { isPushUrl } from "./push-settings.ts";

const nameCharacters = /^[A-Za-z0-9._-]+$/;
const idCharacters = /^[A-Za-z0-9_.~-]+$/;
/** Words that stand where an id stands: in an address, or among the keys of a queue. */
const takenWords: ReadonlySet<string> = new Set([
  ...["batch", "failed", "runs", "schedules", ".", ".."],
  ...[
    "active",
    "completed",
    "de",
    "delayed",
    "dn",
    "events",
    "id",
    "limiter",
    "marker",
    "meta",
    "metrics",
    "paused",
  ],
  ...["pc", "prioritized", "repeat", "stalled", "stalled-check", "wait", "waiting-children"],
]);

/** The name of a task: it is a path segment, and the name of a queue. */
export const taskName = z
  .string()
  .min(1)
  .max(limits.taskNameLength)
  .refine((name) => nameCharacters.test(name) && name !== "." && name !== "..", {
    error: "must be of A-Z a-z 0-9 . _ -",
  });

/** The id of one run of a task. Not digits alone, which the queue counts with itself. */
export const taskId = z
  .string()
  .min(1)
  .max(limits.taskIdLength)
  .refine((id) => idCharacters.test(id) && !/^\d+$/.test(id) && !takenWords.has(id), {
    error:
      "must be of A-Z a-z 0-9 _ . ~ -, and neither a number nor a word such as failed, meta or schedules",
  });

const scheduledRun = /^repeat:[A-Za-z0-9_.~-]{1,200}:\d{1,16}$/;

/** The id of any run: one that was enqueued, or one of a schedule, `repeat:<schedule>:<ms>`. */
export const runId = z.string().refine((id) => taskId.safeParse(id).success || scheduledRun.test(id), {
  error: "must be the id of a run",
});

/** The id of a schedule: unique among those of its task. */
export const scheduleId = z
  .string()
  .min(1)
  .max(limits.scheduleIdLength)
  .refine((id) => idCharacters.test(id) && id !== "." && id !== "..", {
    error: "must be of A-Z a-z 0-9 _ . ~ -",
  });

/** Where a result is sent: the rules of pushed groups hold for it. */
export const callbackUrl = z
  .string()
  .max(limits.pushUrlLength)
  .refine(isPushUrl, { error: "must be an absolute http or https URL without credentials" });
