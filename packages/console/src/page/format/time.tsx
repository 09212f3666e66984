import { Store, useStore } from "../live/store.ts";
import { exactText, spanText } from "./durations.ts";

/** One clock for all times on the page. */
const now = new Store(Date.now());
setInterval(() => now.set(Date.now()), 1_000);

/** Now, to the second. */
export function useNow(): number {
  return useStore(now);
}

/** A moment as it lies from now; the exact one on hover and for machines. */
export function Time({ at }: { at: number | null | undefined }) {
  const current = useNow();
  if (at === null || at === undefined) return <span className="none">–</span>;
  const distance = current - at;
  const text = distance >= 0 ? `${spanText(distance)} ago` : `in ${spanText(-distance)}`;
  return (
    <time dateTime={new Date(at).toISOString()} title={exactText(at)}>
      {Math.abs(distance) < 1_000 ? "now" : text}
    </time>
  );
}

/** How long something has been so; the moment it began on hover. */
export function Age({ since }: { since: number | null | undefined }) {
  const current = useNow();
  if (since === null || since === undefined) return <span className="none">–</span>;
  return (
    <time dateTime={new Date(since).toISOString()} title={exactText(since)}>
      {spanText(current - since)}
    </time>
  );
}
