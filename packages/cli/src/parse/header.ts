import type { MessageHeader } from "@tidegate/core";
import { InvalidArgumentError } from "commander";

/** Reads `name=value`, for an option that may be given several times. */
export function header(text: string, previous: unknown): MessageHeader[] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It is name=value.");
  const before = Array.isArray(previous) ? (previous as MessageHeader[]) : [];
  return [...before, { key: text.slice(0, at), value: Buffer.from(text.slice(at + 1)) }];
}
