import { addressOf } from "../../connect/address.ts";
import { type Connection, connect } from "../../connect/connect.ts";
import type { IO } from "../../io.ts";
import type { Candidate, GivenOptions } from "./candidates.ts";

/** Names that a server knows; none where it cannot be asked. */
export interface Names {
  topics(): Promise<Candidate[]>;
  groups(topic: string): Promise<Candidate[]>;
}

/** Nobody waits longer for a list of names. */
const timeoutMs = 1_500;

/** The names at the address that options and environment name. A failure is no candidates: it would be printed into what is being typed. */
export function namesAt(options: GivenOptions, env: IO["env"]): Names {
  const ask = async (list: (connection: Connection, signal: AbortSignal) => Promise<Candidate[]>) => {
    let connection: Connection | null = null;
    try {
      connection = await connect(addressOf(options, env));
      return await list(connection, AbortSignal.timeout(timeoutMs));
    } catch {
      return [];
    } finally {
      await connection?.close().catch(() => {});
    }
  };
  return {
    topics: () =>
      ask(async ({ client }, signal) =>
        (await client.topics.list({ signal })).map(({ name, partitions }) => ({
          value: name,
          description: `${partitions} partitions`,
        })),
      ),
    groups: (topic) =>
      ask(async ({ client }, signal) =>
        (await client.groups.list(topic, { signal })).map(({ name, ordering }) => ({
          value: name,
          description: `ordering ${ordering}`,
        })),
      ),
  };
}
