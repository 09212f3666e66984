import type { RedisConnection } from "../src/index.ts";

/** A connection that counts the commands that go through it. */
export interface CountingConnection extends RedisConnection {
  readonly sent: string[];
}

/** Counts what an engine sends over a connection. */
export function counting(connection: RedisConnection): CountingConnection {
  const sent: string[] = [];
  return {
    sent,
    callBuffer(command, ...args) {
      sent.push(command);
      return connection.callBuffer(command, ...args);
    },
    duplicate: () => connection.duplicate(),
    subscribe: (...channels) => connection.subscribe(...channels),
    unsubscribe: (...channels) => connection.unsubscribe(...channels),
    on: (event, listener) => connection.on(event, listener),
    off: (event, listener) => connection.off(event, listener),
    disconnect: () => connection.disconnect(),
  };
}
