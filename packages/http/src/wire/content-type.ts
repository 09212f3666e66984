/** Whether a request body is the JSON envelope rather than a raw value. */
export function isJsonBody(contentType: string | null): boolean {
  if (contentType === null) return false;
  return contentType === "application/json" || /^\s*application\/json\s*(;|$)/i.test(contentType);
}
