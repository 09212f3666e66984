import { type ServerChild, startServerChild } from "../server-child.ts";

/** What an endpoint has seen. */
export interface Seen {
  readonly requests: number;
  /** Messages, each counted once. */
  readonly distinct: number;
  /** When each request came, in ms of its own clock, in order. */
  readonly arrivedAt: readonly number[];
}

/** An endpoint in a process of its own. */
export interface PushEndpoint extends ServerChild {
  seen(): Promise<Seen>;
}

export async function startEndpoint(): Promise<PushEndpoint> {
  const child = await startServerChild(new URL("./endpoint-main.ts", import.meta.url), "");
  return { ...child, seen: async () => (await (await fetch(child.url)).json()) as Seen };
}
