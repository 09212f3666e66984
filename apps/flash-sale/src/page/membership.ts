import type { JoinResponse } from "@tidegate/client";

/** Who the visitor is in one sale; kept for as long as the tab is there, so that a reload loses no place. */
export interface Membership {
  readonly saleId: string;
  readonly buyer: string;
  readonly joined: JoinResponse | null;
  readonly ticket: string | null;
  save(progress: Pick<Membership, "joined" | "ticket">): void;
}

/** The visitor's standing in a sale: what was kept of it, or a new one. */
export function membershipOf(saleId: string): Membership {
  const key = `sale ${saleId}`;
  const kept = read(key);
  const membership = {
    saleId,
    buyer: kept?.buyer ?? `you-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`,
    joined: kept?.joined ?? null,
    ticket: kept?.ticket ?? null,
    save(progress: Pick<Membership, "joined" | "ticket">) {
      Object.assign(membership, progress);
      const { buyer, joined, ticket } = membership;
      sessionStorage.setItem(key, JSON.stringify({ buyer, joined, ticket }));
    },
  };
  return membership;
}

function read(key: string): Pick<Membership, "buyer" | "joined" | "ticket"> | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
