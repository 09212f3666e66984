import { limits } from "@tidegate/contracts";
import { UnrecoverableError } from "bullmq";

import { reasonOf, taskErrorNames } from "../job/task-error.ts";

export type OwnFailure = (typeof taskErrorNames)[keyof typeof taskErrorNames];

/** Names that only Tidegate gives: a handler's error of that name is shown as `Error`. */
const ownNames: ReadonlySet<string> = new Set(Object.values(taskErrorNames));

/** Why an attempt came to nothing. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  /** Whether no further attempt can help. */
  readonly final: boolean;
  /** What was thrown, for the function that says how long to wait. */
  readonly thrown: Error;
}

/** A failure of Tidegate's own; all but TIMEOUT are final. */
export function ownFailure(name: OwnFailure, message: string): Failure {
  const text = cut(message);
  const thrown = new Error(text);
  thrown.name = name;
  return { name, message: text, final: name !== taskErrorNames.timeout, thrown };
}

/** What a handler threw, which need not be an error. */
export function thrownFailure(thrown: unknown): Failure {
  if (!isError(thrown)) {
    const message = cut(textOf(thrown));
    return { name: "Error", message, final: false, thrown: new Error(message) };
  }
  const given = textOf(thrown.name);
  const name = /^[A-Za-z_$][\w$]{0,99}$/.test(given) && !ownNames.has(given) ? given : "Error";
  const final = name === "PermanentError" || name === "UnrecoverableError";
  return { name, message: cut(textOf(thrown.message)), final, thrown };
}

/** The error that BullMQ keeps of a failure: its text is what a status shows. */
export class JobError extends Error {
  /** The failure's name, for who tells kinds of errors apart. */
  readonly code: string;
  /** The pause before the next attempt, in ms. */
  readonly delayMs: number;

  constructor(failure: Failure, delayMs: number) {
    super(reasonOf(failure));
    this.code = failure.name;
    this.delayMs = delayMs;
    keepStack(this, failure);
  }
}

/** The same for one after which there is no attempt. */
export function finalError(failure: Failure): UnrecoverableError {
  const error = Object.assign(new UnrecoverableError(reasonOf(failure)), { code: failure.name });
  keepStack(error, failure);
  return error;
}

/** Of a handler's error the first lines of its stack; of ours none, since the name says it all. */
function keepStack(error: Error, { thrown, name }: Failure): void {
  const stack = ownNames.has(name) ? "" : textOf(thrown.stack ?? "");
  error.stack = stack
    .split("\n", 6)
    .join("\n")
    .slice(0, 2 * limits.reasonLength);
}

function isError(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error ||
    (typeof thrown === "object" && thrown !== null && "message" in thrown && "stack" in thrown)
  );
}

function textOf(value: unknown): string {
  try {
    if (typeof value === "string") return value;
    if (typeof value === "object" && value !== null) return JSON.stringify(value) ?? "an object";
    return String(value);
  } catch {
    return "something that has no text";
  }
}

function cut(text: string): string {
  return text.length > limits.reasonLength ? `${text.slice(0, limits.reasonLength - 1)}…` : text;
}
