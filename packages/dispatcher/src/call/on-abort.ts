/** For each signal, who wants to know. */
const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Tells a listener when the signal is aborted; returns what takes that back. A signal that many wait for has one listener
 * of its own: adding and removing one for each call costs more, and Node warns of many.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let waiting = listeners.get(signal);
  if (waiting === undefined) {
    const all = new Set<() => void>();
    waiting = all;
    listeners.set(signal, all);
    signal.addEventListener("abort", () => {
      for (const each of all) each();
    });
  }
  waiting.add(listener);
  return () => waiting.delete(listener);
}
