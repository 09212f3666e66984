import { session, setAdmin } from "./session.ts";

/** Learns whether the token may act, so that what it may not is not offered. Where nobody answers it stays unknown. */
export async function learnRights(token: string | null): Promise<void> {
  try {
    const response = await fetch("/v1/access", {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      cache: "no-store",
    });
    if (!response.ok || session.get().token !== token) return;
    const { admin } = (await response.json()) as { admin?: unknown };
    setAdmin(admin === true);
  } catch {
    // The stream tells that nobody answers.
  }
}
