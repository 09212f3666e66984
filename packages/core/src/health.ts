import { type Context, send } from "./context.ts";

/** Whether Redis can be reached and is fit to hold messages. */
export interface Health {
  readonly reachable: boolean;
  readonly version: string | null;
  readonly evictionPolicy: string | null;
  /** What makes it unfit, in words; empty when it is fit. */
  readonly problems: readonly string[];
}

/** Who asks for health does not wait longer than this for it. */
const answerWithinMs = 1_000;

/** Asks Redis how it is. Never throws. */
export async function readHealth(context: Context): Promise<Health> {
  let info: string;
  try {
    const callTimeoutMs = Math.min(context.callTimeoutMs, answerWithinMs);
    info = String(await send({ ...context, callTimeoutMs }, "INFO"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      reachable: false,
      version: null,
      evictionPolicy: null,
      problems: [`Redis cannot be reached: ${reason}`],
    };
  }
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? null;
  const evictionPolicy = field("maxmemory_policy");
  const version = field("valkey_version") ?? field("redis_version");
  const problems: string[] = [];
  if (evictionPolicy !== null && evictionPolicy !== "noeviction") {
    problems.push(`maxmemory-policy is ${evictionPolicy}: Redis may drop messages; set it to noeviction`);
  }
  if (Number.parseInt(field("redis_version") ?? "7", 10) < 7)
    problems.push(`Redis ${version} is too old: 7.0 is needed`);
  if (field("loading") === "1") problems.push("Redis is loading its data");
  return { reachable: true, version, evictionPolicy, problems };
}
