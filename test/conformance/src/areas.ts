import { append } from "./areas/append.ts";
import { idempotency } from "./areas/idempotency.ts";
import { topics } from "./areas/topics.ts";
import type { Area } from "./story.ts";

/** What every target is held to. */
export const areas: Readonly<Record<string, Area>> = { topics, append, idempotency };
