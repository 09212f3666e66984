import { isUtf8 } from "node:buffer";
import { printable, printableJson } from "../output/printable.ts";
import type { ReadMessage } from "./message-port.ts";

/** How messages are printed. */
export type FormatName = "value" | "key-value" | "json" | "raw";

export interface FormatOptions {
  readonly topic: string;
  /** Between key and value. */
  readonly keySeparator: string;
  /** Whether a terminal shows it: then nothing that somebody has published may steer it. */
  readonly isTerminal: boolean;
}

/** Messages as bytes for stdout. */
export type Format = (messages: readonly ReadMessage[]) => Uint8Array;

const newline = 0x0a;
const none = Buffer.alloc(0);

/** Values and keys that are no UTF-8 are printed in base64, save by `raw`, which prints the bytes of values and nothing else. */
export function formatOf(name: FormatName, { topic, keySeparator, isTerminal }: FormatOptions): Format {
  if (name === "raw") return (messages) => Buffer.concat(messages.map((message) => message.value() ?? none));
  if (name === "json") return (messages) => Buffer.from(jsonLines(topic, messages, isTerminal));
  const separator = name === "value" ? null : Buffer.from(keySeparator);
  if (isTerminal)
    return (messages) => joinLines(messages, separator, (bytes) => onTerminal(textBytes(bytes)));
  // What stands between two texts begins a character: where the whole is UTF-8, each of them is, and one look is enough.
  const isParted = separator === null || separator.length > 0;
  return (messages) => {
    const lines = isParted ? joinLines(messages, separator, (bytes) => bytes ?? none) : null;
    return lines !== null && isUtf8(lines) ? lines : joinLines(messages, separator, textBytes);
  };
}

function joinLines(
  messages: readonly ReadMessage[],
  separator: Uint8Array | null,
  show: (bytes: Uint8Array | null) => Uint8Array,
): Uint8Array {
  const parts: Uint8Array[] = [];
  let bytes = messages.length;
  for (const message of messages) {
    const value = show(message.value());
    if (separator !== null) {
      const key = show(message.key());
      parts.push(key, separator);
      bytes += key.length + separator.length;
    }
    parts.push(value);
    bytes += value.length;
  }
  const lines = Buffer.allocUnsafeSlow(bytes);
  const partsOfLine = separator === null ? 1 : 3;
  let at = 0;
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index]!;
    lines.set(part, at);
    at += part.length;
    if (index % partsOfLine === partsOfLine - 1) lines[at++] = newline;
  }
  return lines;
}

function textBytes(bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) return none;
  return isUtf8(bytes) ? bytes : Buffer.from(asBuffer(bytes).toString("base64"));
}

function onTerminal(bytes: Uint8Array): Uint8Array {
  return Buffer.from(printable(asBuffer(bytes).toString()));
}

function jsonLines(topic: string, messages: readonly ReadMessage[], isTerminal: boolean): string {
  let lines = "";
  for (const message of messages)
    lines += `${JSON.stringify({ topic, partition: message.partition, ...message.shown() })}\n`;
  return isTerminal ? printableJson(lines) : lines;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
