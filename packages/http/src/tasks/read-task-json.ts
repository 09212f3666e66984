import { isTooDeep, tooDeep } from "@tidegate/core";
import type { Call } from "../call.ts";
import { readJson } from "../wire/read-json.ts";

/** The body as JSON that everything behind can walk: what is nested too deeply would end in an overflow of the stack. */
export async function readTaskJson(call: Call): Promise<unknown> {
  const body = await readJson(call);
  if (isTooDeep(body)) throw tooDeep("body");
  return body;
}
