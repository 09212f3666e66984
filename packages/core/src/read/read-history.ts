import type { RedisConnection } from "../redis/connection.ts";

/** What a client tells when it may have come to another Redis, or to one that was restored. */
const events = ["close", "+node", "-node", "node error", "refresh"];

/**
 * Counts when what was read of logs may no longer be what is there. A Redis that comes back from an older state, or a
 * replica that lacks what its master had, gives the offsets that it lost to other messages. Either ends a connection, or
 * makes a cluster's client look for its nodes anew; what was kept from before is then forgotten.
 */
export class ReadHistory {
  #turns = 0;

  constructor(redis: RedisConnection) {
    const turn = () => {
      this.#turns += 1;
    };
    for (const event of events) redis.on(event, turn);
  }

  /** How often that was so. */
  get turns(): number {
    return this.#turns;
  }
}

const histories = new WeakMap<RedisConnection, ReadHistory>();

/** The history of a connection: one for all who read over it, for as long as there is the connection. */
export function historyOf(redis: RedisConnection): ReadHistory {
  let history = histories.get(redis);
  if (history === undefined) {
    history = new ReadHistory(redis);
    histories.set(redis, history);
  }
  return history;
}
