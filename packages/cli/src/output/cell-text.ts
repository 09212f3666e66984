import type { StoredMessage } from "@tidegate/contracts";

const longest = 60;

/** A text that fits into a cell of a table. */
export function shortened(text: string, limit = longest): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** A message's key for a table: text, or its bytes. */
export function keyCell({ key, keyBase64 }: StoredMessage): string | null {
  return shortened(keyBase64 === undefined ? (key ?? "") : `base64:${keyBase64}`, 30) || null;
}

/** A message's value for a table: text, JSON, or its bytes; shortened. */
export function valueCell({ value, valueBase64 }: StoredMessage): string | null {
  if (valueBase64 !== undefined) return valueBase64 === null ? null : shortened(`base64:${valueBase64}`);
  if (value === undefined) return null;
  return shortened(typeof value === "string" ? value : JSON.stringify(value));
}

/** A moment for a table, in UTC. */
export function timeCell(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
