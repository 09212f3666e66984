import { type ErrorCode, isErrorCode, TidegateError } from "@tidegate/contracts";

/** Redis's own first words, and what they mean here. */
const redisCodes: Record<string, ErrorCode> = {
  OOM: "OVERLOADED",
  NOREPLICAS: "OVERLOADED",
  MISCONF: "OVERLOADED",
  LOADING: "REDIS_UNAVAILABLE",
  MASTERDOWN: "REDIS_UNAVAILABLE",
  READONLY: "REDIS_UNAVAILABLE",
  CLUSTERDOWN: "REDIS_UNAVAILABLE",
  TRYAGAIN: "REDIS_UNAVAILABLE",
  UNBLOCKED: "REDIS_UNAVAILABLE",
  BUSY: "OVERLOADED",
};

/**
 * The one place where a failure of a Redis call becomes a typed error: `CODE detail` of our scripts, Redis's own
 * words, or a client that has lost its server.
 */
export function toTidegateError(error: unknown): TidegateError {
  if (error instanceof TidegateError) return error;
  if (!(error instanceof Error)) return new TidegateError("INTERNAL", String(error));
  const [word = "", ...detail] = error.message.split(" ");
  if (word === "STALE_TOPIC")
    return new TidegateError(word, undefined, { partitionVersion: Number(detail[0]) });
  if (isErrorCode(word)) return new TidegateError(word, detail.join(" ") || undefined);
  const known = redisCodes[word.replace(/^-/, "")];
  if (known) return new TidegateError(known, error.message, {}, error);
  if (error.name === "ReplyError") return new TidegateError("INTERNAL", error.message, {}, error);
  return new TidegateError("REDIS_UNAVAILABLE", error.message, {}, error);
}

/** Whether it was Redis that said so; else the client has lost it, or nothing came in time. */
export function isAnswer(error: unknown): boolean {
  const { code, cause } = toTidegateError(error);
  return code !== "REDIS_UNAVAILABLE" || (cause instanceof Error && cause.name === "ReplyError");
}
