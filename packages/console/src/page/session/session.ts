import { Store } from "../live/store.ts";

/** Who the page speaks for. */
export interface Session {
  readonly token: string | null;
  /** Why another token is asked for; null while there is no need. */
  readonly asking: "missing" | "refused" | "not enough" | "signed out" | null;
  /** Whether the token may change things; null until that is known. */
  readonly admin: boolean | null;
}

/** Kept until the tab is closed: no other tab, and no other page, gets to see it. */
const key = "tidegate.token";

export const session = new Store<Session>({ token: stored(), asking: null, admin: null });

/** Goes on with this token. */
export function signIn(token: string): void {
  keep(token);
  session.set({ token, asking: null, admin: null });
}

/** Forgets the token. */
export function signOut(): void {
  keep(null);
  session.set({ token: null, asking: "signed out", admin: null });
}

/** The server does not take the token, or wants one: whoever looks at the page is asked, and the page stays as it is. */
export function askForToken(enough: boolean): void {
  const { token, asking } = session.get();
  if (asking !== null) return;
  const why = token === null ? "missing" : enough ? "refused" : "not enough";
  session.set({ ...session.get(), asking: why });
}

export function setAdmin(admin: boolean): void {
  session.set({ ...session.get(), admin });
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    // A browser that keeps nothing for this page.
    return null;
  }
}

function keep(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, token);
  } catch {
    // Then it is known until the page is left.
  }
}
