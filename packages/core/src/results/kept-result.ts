/** A result that is kept: the JSON text of a value, or an error. */
export type KeptResult =
  | { readonly status: "ok"; readonly text: string }
  | { readonly status: "error"; readonly error: string };

/** A result as `put-results` packs it, unless its time is over by Redis's clock or there is none. */
export function parseKept(packed: Buffer, now: number): KeptResult | null {
  if (packed.length === 0) return null;
  const afterTime = packed.indexOf(32);
  if (Number(packed.toString("latin1", 0, afterTime)) <= now) return null;
  const afterKind = packed.indexOf(32, afterTime + 1);
  const text = packed.toString("utf8", afterKind + 1);
  return packed.toString("latin1", afterTime + 1, afterKind) === "ok"
    ? { status: "ok", text }
    : { status: "error", error: text };
}
