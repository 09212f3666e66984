/** How a message with this `content-type` shows its value: parsed, as a string, or as base64. */
export type ValueForm = "json" | "text" | "bytes";

/** The form in which values of a content type go over the wire. Parameters count only where they name a charset. */
export function valueFormOf(contentType: string): ValueForm {
  if (contentType === "application/json") return "json";
  const semicolon = contentType.indexOf(";");
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  if (essence === "application/json" || /^[a-z]+\/[^/]+\+json$/.test(essence)) return "json";
  if (!essence.startsWith("text/")) return "bytes";
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase();
  return charset === undefined || charset === "utf-8" || charset === "utf8" || charset === "us-ascii"
    ? "text"
    : "bytes";
}
