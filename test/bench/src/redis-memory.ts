import type { Redis } from "ioredis";

/** Bytes that Redis has for data: what clients and the append-only file buffer meanwhile is left out. */
export async function readDataBytes(client: Redis): Promise<number> {
  const info = await client.info("memory");
  const read = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  return read("used_memory") - read("mem_clients_normal") - read("mem_aof_buffer");
}
