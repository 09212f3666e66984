import { type ErrorCode, TidegateError } from "@tidegate/contracts";
import { expect } from "vitest";
import type { PublishAnswer, Published } from "./system.ts";

/** What an error must say. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly field?: string;
  readonly limit?: number | string;
}

/** Asserts that a call fails with a TidegateError that says this. */
export async function expectRefusal(call: Promise<unknown>, { code, field, limit }: Refusal): Promise<void> {
  const error = await call.then(
    (answer) => {
      throw new Error(`was accepted, and not refused with ${code}: ${JSON.stringify(answer)}`);
    },
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TidegateError)) throw error;
  const said: Record<string, unknown> = { code: error.code };
  const wanted: Record<string, unknown> = { code };
  if (field !== undefined) {
    said.field = error.details.field;
    wanted.field = field;
  }
  if (limit !== undefined) {
    said.limit = error.details.limit;
    wanted.limit = limit;
  }
  expect(said, error.message).toEqual(wanted);
}

/** Asserts that a call fails with one of these codes, where the way decides which. */
export async function expectRefusedSomehow(call: Promise<unknown>, codes: readonly string[]): Promise<void> {
  const code = await call.then(
    () => "accepted",
    (error: { code?: string }) => error.code,
  );
  expect(codes).toContain(code);
}

/** The codes of a publish, in order; `ok` for what was admitted, `again` for what was admitted before. */
export function verdicts({ outcomes }: PublishAnswer): string[] {
  return outcomes.map((outcome) =>
    outcome.status === "refused" ? outcome.error.code : outcome.duplicate ? "again" : "ok",
  );
}

/** The places of a publish whose messages were all admitted at once. */
export function placesOf({ outcomes }: PublishAnswer): { partition: number; offset: number }[] {
  return outcomes.map((outcome) => {
    const { partition, offset } = placeOf(outcome);
    return { partition, offset };
  });
}

/** The outcome as that of a message that stands in the log. */
export function placeOf(outcome: Published | undefined): Extract<Published, { status: "appended" }> {
  if (outcome?.status === "appended") return outcome;
  throw new Error(`is not in the log: ${JSON.stringify(outcome)}`);
}

/** The outcome as that of a message that was admitted, delayed or not. */
export function placed(outcome: Published | undefined): Exclude<Published, { status: "refused" }> {
  if (outcome === undefined || outcome.status === "refused")
    throw new Error(`was refused: ${outcome?.error.code}`);
  return outcome;
}
