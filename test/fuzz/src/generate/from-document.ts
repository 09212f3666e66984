import type fc from "fast-check";
import type { Chance } from "../chance.ts";
import { arbitraryOf } from "../openapi/arbitrary-of.ts";
import type { OpenApi, Operation } from "../openapi/document.ts";
import type { Draft } from "./draft.ts";
import { oddTexts } from "./odd-values.ts";

/** Makes drafts from an OpenAPI document alone. */
export class FromDocument {
  readonly #operations: readonly { operation: Operation; body: fc.Arbitrary<unknown> | null }[];

  constructor({ operations, schemas }: OpenApi) {
    this.#operations = operations.map((operation) => ({
      operation,
      body: operation.body === null ? null : arbitraryOf(operation.body, schemas),
    }));
  }

  /** A body for the operation with this method and path. */
  bodyFor(method: string, path: string, chance: Chance): unknown {
    const found = this.#operations.find(
      ({ operation }) => operation.method === method && operation.path === path,
    );
    return found?.body ? keepSmall(chance.draw(found.body), chance) : undefined;
  }

  /** A request for any of the operations; `parameter` gives the parts of its path. */
  draft(chance: Chance, parameter: (name: string) => string): Draft {
    const { operation, body } = chance.pick(this.#operations);
    const path = operation.path
      .split("/")
      .slice(1)
      .map((part) => (part.startsWith("{") ? parameter(part.slice(1, -1)) : part));
    const query = operation.queryNames
      .filter(() => chance.oneIn(2))
      .map((name): [string, string] => [
        name,
        chance.pick([...oddTexts, "0", "1", "100", "earliest", "time:0"]),
      ]);
    if (body === null) return { method: operation.method, path, query, headers: [], body: undefined };
    const headers: [string, string][] = [["Content-Type", "application/json"]];
    return { method: operation.method, path, query, headers, body: keepSmall(chance.draw(body), chance) };
  }
}

/** Legal, but each costs a second: a thousand partitions, a wait of half a minute. They come now and then. */
function keepSmall(body: unknown, chance: Chance): unknown {
  if (typeof body !== "object" || body === null || chance.oneIn(300)) return body;
  const { partitions, waitMs } = body as { partitions?: unknown; waitMs?: unknown };
  return {
    ...body,
    ...(typeof partitions === "number" ? { partitions: Math.min(partitions, 20) } : {}),
    ...(typeof waitMs === "number" ? { waitMs: Math.min(waitMs, 50) } : {}),
  };
}
