/**
 * Loaded into a process before its own code (`--import`): answers its parent's questions about memory, after a garbage
 * collection. Needs `--expose-gc` and an IPC channel.
 */
import type { ProcessMemory } from "./watched-process.ts";

const collect = (globalThis as { gc?: () => void }).gc;

process.on("message", (question) => {
  if (question !== "memory") return;
  collect?.();
  // What the first collection's finalizers let go.
  setImmediate(() => {
    collect?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ rss, heap: heapUsed + external } satisfies ProcessMemory);
  });
});
// The questions keep nothing alive.
process.channel?.unref();
