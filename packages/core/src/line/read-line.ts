import { type Context, send } from "../context.ts";
import type { LineFields } from "./line.ts";

/** A line as it is kept. */
export interface KnownLine extends LineFields {
  readonly fields: LineFields;
  readonly revision: string;
  readonly commitment: string;
  /** Whether its first visitors have been put in order. */
  readonly started: boolean;
}

const numbers = [
  "opensAt",
  "startsAt",
  "maxLag",
  "admissionMs",
  "headWindow",
  "heartbeatMs",
  "joinsPerSecond",
] as const;

/** The line of a topic, or null. */
export async function readLine(context: Context, key: string, topicId: string): Promise<KnownLine | null> {
  const names = ["topicId", "id", "ordersGroup", "commitment", "revision", "shuffled", ...numbers];
  const values = (await send(context, "HMGET", key, ...names)) as (Buffer | null)[];
  const [topic, id, ordersGroup, commitment, revision, shuffled, ...rest] = values.map(
    (value) => value?.toString() ?? "",
  );
  if (topic !== topicId) return null;
  const read = Object.fromEntries(numbers.map((name, index) => [name, Number(rest[index])])) as Record<
    (typeof numbers)[number],
    number
  >;
  const { opensAt, startsAt, ...others } = read;
  const fields = { id: id!, opensAt, startsAt, ordersGroup: ordersGroup!, ...others };
  return { ...fields, fields, revision: revision!, commitment: commitment!, started: shuffled !== "" };
}

/** What `put-line` writes besides the times, as pairs of field and value. */
export function lineFields(
  fields: LineFields,
  seed: { seed: string; commitment: string } | null,
): (string | number)[] {
  const { opensAt: _, startsAt: __, ...others } = fields;
  return Object.entries({ ...others, ...seed }).flat();
}
