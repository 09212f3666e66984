import { limits, TidegateError } from "@tidegate/contracts";
import type { JobData } from "./job-data.ts";
import { type Place, pathOf } from "./place.ts";

/** The text of a job's data. @throws MESSAGE_TOO_LARGE, INVALID for what JSON cannot say */
export function jobText(data: JobData, place: Place): string {
  let text: string;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    const field = `${pathOf(place)}input`;
    throw new TidegateError("INVALID", `${field} cannot be written as JSON`, { field }, cause);
  }
  const limit = limits.taskInputBytes;
  if (text.length * 3 > limit && Buffer.byteLength(text) > limit + overheadOf(data)) {
    const field = `${pathOf(place)}input`;
    throw new TidegateError("MESSAGE_TOO_LARGE", `${field} is over ${limit} bytes as JSON`, { field, limit });
  }
  return text;
}

/** What stands around the input. */
function overheadOf(data: JobData): number {
  return Buffer.byteLength(JSON.stringify({ ...data, input: 0 })) - 1;
}
