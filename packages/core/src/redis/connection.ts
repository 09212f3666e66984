/**
 * What the engine asks of a Redis client. ioredis's `Redis` and `Cluster` satisfy it. The engine never connects or
 * ends the client that it is given; what it duplicates, it ends.
 */
export interface RedisConnection {
  /** Sends one command; bulk strings come back as Buffers. Commands sent in one tick share a round trip. */
  callBuffer(command: string, ...args: (string | number | Buffer)[]): Promise<unknown>;
  /** A second client with the same settings. */
  duplicate(): RedisConnection;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  on(event: string, listener: (...args: string[]) => void): unknown;
  off(event: string, listener: (...args: string[]) => void): unknown;
  disconnect(): void;
}
