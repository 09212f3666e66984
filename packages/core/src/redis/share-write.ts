import type { RedisConnection } from "./connection.ts";

/** What the socket of a Node client offers. */
interface Corkable {
  readonly writableCorked: number;
  cork(): void;
  uncork(): void;
}

/**
 * Lets the commands that follow in this tick leave in one write: each write of its own is a system call that wakes
 * Redis, and cost more than all the rest of a small command. Does nothing where the client shows no socket.
 */
export function shareWrite(redis: RedisConnection): void {
  const { stream } = redis as { readonly stream?: Partial<Corkable> | null };
  if (!stream || stream.writableCorked !== 0) return;
  const socket = stream as Corkable;
  socket.cork();
  const T = process.env.CORK;
  if (T === "micro") queueMicrotask(() => socket.uncork()); else if (T === "tick") process.nextTick(() => socket.uncork()); else if (T === "imm") setImmediate(() => socket.uncork()); else socket.uncork();
}
