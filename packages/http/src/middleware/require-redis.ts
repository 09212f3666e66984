import { TidegateError } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";

/**
 * Throws OVERLOADED when Redis has answered nothing for so long: a request would only wait behind those that wait. Nothing
 * of it was begun, so whoever is told may repeat it, whatever it was. No promise while Redis answers.
 */
export function requireRedis(engine: Engine, silenceMs: number): undefined | Promise<void> {
  const silent = engine.isRedisSilent(silenceMs);
  return silent === false ? undefined : refuseIf(silent, silenceMs);
}

async function refuseIf(silent: boolean | Promise<boolean>, silenceMs: number): Promise<void> {
  if (!(await silent)) return;
  const detail = `Redis has left all that was asked unanswered for more than ${silenceMs} ms; nothing of this was begun`;
  throw new TidegateError("OVERLOADED", detail, { retryAfterMs: 1_000 });
}
