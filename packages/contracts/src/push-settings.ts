import * as z from "zod";
import { defaults, limits } from "./limits.ts";
import { positiveNumber } from "./primitives.ts";

const tokenCharacters = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const ownHeader = /^(content-.*|host|webhook-.*)$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a header's value must not have
const unprintable = /[\u0000-\u0008\u000a-\u001f\u007f\u0100-\uffff]/;

/** Whether an endpoint may be called under this address: absolute, http or https, without credentials. */
export function isPushUrl(url: string): boolean {
  if (url.length > limits.pushUrlLength || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}

/** Whether a header may be sent along with every call: what a call needs for itself is not for settings. */
export function isPushHeader(name: string, value: string): boolean {
  if (!tokenCharacters.test(name) || ownHeader.test(name)) return false;
  return value.length <= limits.headerBytes && !unprintable.test(value);
}

const pushUrl = z
  .string()
  .max(limits.pushUrlLength)
  .refine(isPushUrl, { error: "must be an absolute http or https URL without credentials" });

const pushHeaders = z
  .record(z.string(), z.string())
  .refine((headers) => Object.keys(headers).length <= limits.pushHeaders, {
    error: `has more than ${limits.pushHeaders} headers`,
    params: { limit: limits.pushHeaders },
  })
  .refine((headers) => Object.entries(headers).every(([name, value]) => isPushHeader(name, value)), {
    error: "has a header that is malformed, too long or reserved (content-*, host, webhook-*)",
  });

/** How a group's messages are delivered by HTTP POST; what is left out keeps its value or gets its default. */
export const pushSettings = z.strictObject({
  url: pushUrl,
  batchSize: positiveNumber(limits.pushBatchSize).exactOptional(),
  timeoutMs: z.int().min(limits.pushTimeoutMsMin).max(limits.pushTimeoutMs).exactOptional(),
  headers: pushHeaders.exactOptional(),
  maxAgeMs: positiveNumber(limits.pushMaxAgeMs).exactOptional(),
});
export type PushSettings = z.infer<typeof pushSettings>;

/** A group's push as it is kept. */
export const push = z.object({
  url: z.string(),
  batchSize: z.int(),
  timeoutMs: z.int(),
  headers: z.record(z.string(), z.string()),
  maxAgeMs: z.int(),
});
export type Push = z.infer<typeof push>;

/** A push before anything but its address was said. */
export const pushDefaults = {
  batchSize: defaults.pushBatchSize,
  timeoutMs: defaults.pushTimeoutMs,
  headers: {},
  maxAgeMs: defaults.pushMaxAgeMs,
} as const;
