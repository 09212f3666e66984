import { Agent, request } from "undici";
import type { Person } from "../service/user-database.ts";

export interface CrowdOptions {
  readonly url: string;
  readonly registrations: number;
  /** Requests at once. */
  readonly clients: number;
  /** Of a hundred people, how many click twice. */
  readonly impatientPercent: number;
  readonly signal: AbortSignal;
}

/** How long each answer took, in ms. */
export interface Answers {
  readonly tookMs: readonly number[];
}

/** Lets people sign up, so many at once. Throws when one is not welcome. */
export async function register(options: CrowdOptions): Promise<Answers> {
  const { url, registrations, clients, impatientPercent, signal } = options;
  const dispatcher = new Agent({ connections: clients });
  const tookMs: number[] = [];
  let next = 0;
  const one = async (person: Person) => {
    const startedAt = performance.now();
    const answer = await request(`${url}/sign-ups`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(person),
      dispatcher,
      signal,
    });
    const text = await answer.body.text();
    tookMs.push(performance.now() - startedAt);
    if (answer.statusCode >= 300) throw new Error(`a sign-up was answered ${answer.statusCode}: ${text}`);
  };
  const client = async () => {
    while (next < registrations) {
      const person = personOf(next++);
      const clicks = Math.random() * 100 < impatientPercent ? 2 : 1;
      await Promise.all(Array.from({ length: clicks }, () => one(person)));
    }
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    await dispatcher.destroy();
  }
  return { tookMs };
}

function personOf(number: number): Person {
  const phone = `+4930${String(number).padStart(7, "0")}`;
  return { name: `Visitor ${number}`, email: `visitor-${number}@example.org`, phone };
}
