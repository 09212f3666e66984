import type { WireRequest } from "../wire/request.ts";
import { renderJson } from "./render-json.ts";

/** A request before it is written: its parts can be changed one by one. */
export interface Draft {
  method: string;
  /** Parts of the path as texts; each is escaped when it is written. */
  path: string[];
  query: [name: string, value: string][];
  headers: [name: string, value: string][];
  /** Written as JSON unless it is bytes; undefined: no body. */
  body: unknown;
}

/** The request that a draft stands for. */
export function writeDraft(draft: Draft): WireRequest {
  const query = draft.query.map(([name, value]) => `${escapeText(name)}=${escapeText(value)}`).join("&");
  const path = `/${draft.path.map(escapeText).join("/")}`;
  return {
    method: draft.method,
    target: query === "" ? path : `${path}?${query}`,
    headers: draft.headers,
    body: bodyOf(draft.body),
    framing: "length",
  };
}

/** As in a URL, in UTF-8; what UTF-8 cannot express becomes a question mark. */
function escapeText(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function bodyOf(body: unknown): Buffer | null {
  if (body === undefined) return null;
  return Buffer.isBuffer(body) ? body : Buffer.from(renderJson(body));
}
