import type { Call } from "../call.ts";
import { parseJson } from "./parse-json.ts";

/** The body as JSON, whatever content type the request declares. */
export async function readJson(call: Call): Promise<unknown> {
  return parseJson(await call.body());
}

/** The same for a route that also takes no body at all: then an empty object. */
export async function readOptionalJson(call: Call): Promise<unknown> {
  const bytes = await call.body();
  return bytes.byteLength === 0 ? {} : parseJson(bytes);
}
