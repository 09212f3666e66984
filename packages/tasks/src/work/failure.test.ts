import { limits } from "@tidegate/contracts";
import { UnrecoverableError } from "bullmq";
import { expect, test } from "vitest";
import { PermanentError } from "../define/permanent-error.ts";
import { finalError, JobError, ownFailure, thrownFailure } from "./failure.ts";

const hostile = {
  toJSON() {
    throw new Error("no");
  },
};

test.each([
  ["an error", new TypeError("no number"), "TypeError", "no number", false],
  ["a permanent error", new PermanentError("no such user"), "PermanentError", "no such user", true],
  ["text", "just text", "Error", "just text", false],
  ["an object", { status: 503 }, "Error", '{"status":503}', false],
  ["nothing", undefined, "Error", "undefined", false],
  ["null", null, "Error", "null", false],
  ["a symbol", Symbol("x"), "Error", "Symbol(x)", false],
  ["what has no text", hostile, "Error", "something that has no text", false],
  ["an error that looks like ours", named("CANCELLED"), "Error", "x", false],
  ["an error whose name would not be read back", named("a: b"), "Error", "x", false],
])("%s that was thrown is told", (_, thrown, name, message, final) => {
  expect(thrownFailure(thrown)).toMatchObject({ name, message, final });
});

test("a long message and a deep stack are cut", () => {
  const thrown = new Error("x".repeat(10_000));
  const error = new JobError(thrownFailure(thrown), 5);
  expect(error.message.length).toBe("Error: ".length + limits.reasonLength);
  expect(error.stack!.length).toBeLessThanOrEqual(2 * limits.reasonLength);
  expect(error.delayMs).toBe(5);
});

test("what is final is so to BullMQ as well, and ours carries no stack", () => {
  const error = finalError(ownFailure("WORKER_LOST", "gone"));
  expect(error).toBeInstanceOf(UnrecoverableError);
  expect(error.message).toBe("WORKER_LOST: gone");
  expect(error.stack).toBe("");
});

function named(name: string): Error {
  const error = new Error("x");
  error.name = name;
  return error;
}
