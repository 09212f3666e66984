/** Redirects that keep the method and the body; the others would turn a POST into a GET. */
const keepsMethod = new Set([307, 308]);
const redirects = new Set([301, 302, 303, 307, 308]);

/** Whether an answer of this status sends the caller elsewhere. */
export function isRedirect(status: number): boolean {
  return redirects.has(status);
}

/**
 * Where a redirect leads, or why it is not followed: only the same host gets to see what was meant for it, and only with
 * the same method. The change from http to https is allowed, at
 * their own ports.
 */
export function redirectTarget(
  from: URL,
  status: number,
  location: string | null,
): { url: URL } | { refusal: string } {
  if (location === null || !URL.canParse(location, from.href))
    return { refusal: `status ${status} without a location that could be followed` };
  const url = new URL(location, from);
  if (!keepsMethod.has(status))
    return { refusal: `status ${status} to ${url.host}: only 307 and 308 are followed, they keep the body` };
  const upgraded = from.protocol === "http:" && url.protocol === "https:" && from.port + url.port === "";
  const same = url.hostname === from.hostname && (url.origin === from.origin || upgraded);
  if (!same) return { refusal: `status ${status} to another host, ${url.host}, is not followed` };
  return { url };
}
