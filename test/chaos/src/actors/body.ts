/** What a handler does with a message, as its sender wishes. */
export type Fate = "fine" | "poison" | "doomed" | "flaky" | "slow" | "returned";

/** The value of a message: its id, its fate, and something to fill it. */
export function bodyOf(id: string, fate: Fate, fillBytes: number): Buffer {
  return Buffer.from(`${id} ${fate} ${"x".repeat(fillBytes)}`);
}

export function idOf(value: Uint8Array | null): string {
  return partsOf(value)[0] ?? "";
}

export function fateOf(value: Uint8Array | null): Fate {
  return (partsOf(value)[1] ?? "fine") as Fate;
}

function partsOf(value: Uint8Array | null): string[] {
  return value === null ? [] : Buffer.from(value.subarray(0, 200)).toString().split(" ");
}
