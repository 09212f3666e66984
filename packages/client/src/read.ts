import type { ReadResponse } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";

export interface ReadQuery {
  /** An offset, or the first message at or after a time. Default `earliest`. */
  from?: number | "earliest" | "latest" | { time: number | string | Date };
  limit?: number;
}

/** Reads a partition without a group. */
export async function read(
  http: Http,
  topic: string,
  partition: number,
  { from, limit }: ReadQuery = {},
  options: CallOptions = {},
): Promise<ReadResponse> {
  const path = pathOf("topics", topic, "partitions", partition, "messages");
  const query = { from: from === undefined ? undefined : positionText(from), limit };
  return (await http.send<ReadResponse>({ method: "GET", path, query, repeatable: true }, options)).body;
}

function positionText(from: NonNullable<ReadQuery["from"]>): string {
  if (typeof from !== "object") return String(from);
  return `time:${from.time instanceof Date ? from.time.getTime() : from.time}`;
}
