import type { Redis } from "ioredis";
import type { RedisConnection } from "../src/index.ts";

/** Thrown in place of the call at which the process is said to have died. */
export class Died extends Error {
  override readonly name = "Died";
}

/**
 * A connection of a process that dies before one of its calls: calls up to `calls` reach Redis, the next and all that
 * follow do not. `died` tells whether it came to that.
 */
export function dyingConnection(redis: Redis, calls: number): RedisConnection & { readonly died: boolean } {
  let left = calls;
  let died = false;
  return {
    get died() {
      return died;
    },
    callBuffer(command, ...args) {
      if (left === 0) {
        died = true;
        return Promise.reject(new Died("the process died here"));
      }
      left -= 1;
      return redis.callBuffer(command, ...args);
    },
    duplicate: () => redis.duplicate() as unknown as RedisConnection,
    subscribe: () => Promise.reject(new Died("nobody subscribes here")),
    unsubscribe: () => Promise.resolve(),
    on: () => {},
    off: () => {},
    disconnect: () => {},
  };
}
