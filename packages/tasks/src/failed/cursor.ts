import { TidegateError } from "@tidegate/contracts";

/** The run at which a page has ended. */
export interface Cursor {
  readonly at: number;
  readonly id: string;
}

export function showCursor({ at, id }: Cursor): string {
  return `${at}~${id}`;
}

/** @throws INVALID with field `after` */
export function parseCursor(text: string): Cursor {
  const parts = /^(\d{1,16})~(.+)$/.exec(text);
  if (parts !== null) return { at: Number(parts[1]), id: parts[2]! };
  throw new TidegateError("INVALID", "after must be the next of a page", { field: "after" });
}
