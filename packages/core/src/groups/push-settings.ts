import { isPushHeader, isPushUrl, limits, pushDefaults, TidegateError } from "@tidegate/contracts";
import { requireInteger } from "../require.ts";

/** How a group's messages are delivered by HTTP POST. Kept and shown here; carried out by a dispatcher. */
export interface Push {
  readonly url: string;
  readonly batchSize: number;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxAgeMs: number;
}

/** A push as it may be given; what is left out keeps its value or gets its default. */
export type PushSettings = { readonly url: string } & {
  readonly [field in Exclude<keyof Push, "url">]?: Push[field] | undefined;
};

/** The push after a change, checked. @throws INVALID */
export function changePush(before: Push | null, settings: PushSettings): Push {
  const { url } = settings;
  if (typeof url !== "string" || !isPushUrl(url)) {
    throw new TidegateError("INVALID", "push.url must be an absolute http or https URL without credentials", {
      field: "push.url",
      limit: limits.pushUrlLength,
    });
  }
  const base = before ?? pushDefaults;
  const headers = settings.headers ?? base.headers;
  requireHeaders(headers);
  return {
    url,
    batchSize: requireInteger(
      "push.batchSize",
      settings.batchSize ?? base.batchSize,
      1,
      limits.pushBatchSize,
    ),
    timeoutMs: requireInteger(
      "push.timeoutMs",
      settings.timeoutMs ?? base.timeoutMs,
      limits.pushTimeoutMsMin,
      limits.pushTimeoutMs,
    ),
    headers,
    maxAgeMs: requireInteger("push.maxAgeMs", settings.maxAgeMs ?? base.maxAgeMs, 1, limits.pushMaxAgeMs),
  };
}

function requireHeaders(headers: Readonly<Record<string, string>>): void {
  const names = Object.keys(headers);
  if (names.length > limits.pushHeaders) {
    throw new TidegateError("INVALID", `push.headers has at most ${limits.pushHeaders} headers`, {
      field: "push.headers",
      limit: limits.pushHeaders,
    });
  }
  const wrong = names.find((name) => !isPushHeader(name, headers[name]!));
  if (wrong === undefined) return;
  throw new TidegateError("INVALID", `push.headers: ${wrong} is malformed, too long or reserved`, {
    field: "push.headers",
  });
}
