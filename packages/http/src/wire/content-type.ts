/** Whether a request body is a form as browsers send it. */
export function isFormBody(contentType: string | null): boolean {
  return (
    contentType !== null &&
    /^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(contentType)
  );
}

/** Whether a request body is the JSON envelope rather than a raw value. */
export function isJsonBody(contentType: string | null): boolean {
  if (contentType === null) return false;
  return contentType === "application/json" || /^\s*application\/json\s*(;|$)/i.test(contentType);
}
