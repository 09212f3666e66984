import { type Context, run, send } from "../context.ts";
import { writeEntry } from "../redis/scripts.gen.ts";

/** A value of a registry hash, and the text that it was read as (empty when there was none). */
export interface Entry<T> {
  readonly value: T | null;
  readonly text: string;
}

/** Reads one entry of a registry. */
export async function readEntry<T>(context: Context, registry: string, field: string): Promise<Entry<T>> {
  const text = await send(context, "HGET", registry, field);
  return text === null ? { value: null, text: "" } : parseEntry<T>(text as Buffer);
}

/** Reads all entries of a registry, by field. */
export async function readEntries<T>(context: Context, registry: string): Promise<Map<string, Entry<T>>> {
  const list = (await send(context, "HGETALL", registry)) as Buffer[];
  const entries = new Map<string, Entry<T>>();
  for (let index = 0; index < list.length; index += 2) {
    entries.set(list[index]!.toString(), parseEntry<T>(list[index + 1]!));
  }
  return entries;
}

/**
 * Puts a value in the place of the one that was read (null removes it). False when somebody else was first: read again.
 */
export async function replaceEntry<T>(
  context: Context,
  registry: string,
  field: string,
  read: Entry<T>,
  value: T | null,
): Promise<boolean> {
  const text = value === null ? "" : JSON.stringify(value);
  return (await run(context, writeEntry, { registry }, { field, expected: read.text, value: text })) === 1;
}

function parseEntry<T>(text: Buffer): Entry<T> {
  const string = text.toString();
  return { value: JSON.parse(string) as T, text: string };
}
