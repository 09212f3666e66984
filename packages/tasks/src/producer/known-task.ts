import { TidegateError, validate } from "@tidegate/contracts";
import * as z from "zod";
import type { AnyTask } from "../define/define-task.ts";
import { describeTask, type PublishedTask } from "../define/published-task.ts";
import { type Place, pathOf } from "../job/place.ts";

/** What a producer needs to know of a task. */
export interface KnownTask {
  readonly name: string;
  readonly attempts: number;
  readonly timeoutMs: number;
  /** JSON Schema of the input. */
  inputSchema(): unknown;
  /** Checks an input. @throws INVALID with the field, which begins with the place and `input` */
  check(input: unknown, place: Place): void | Promise<void>;
}

/** A task whose definition is here. */
export function knownFromDefinition(task: AnyTask): KnownTask {
  const { name, settings, input } = task;
  return {
    name,
    attempts: settings.retry.attempts,
    timeoutMs: settings.timeoutMs,
    inputSchema: () => describeTask(task).inputSchema,
    check: checker(input),
  };
}

/** A task of which workers have made known how it is defined. */
export function knownFromBook(name: string, text: string): KnownTask {
  const { inputSchema, attempts, timeoutMs } = JSON.parse(text) as PublishedTask;
  return {
    name,
    attempts,
    timeoutMs,
    inputSchema: () => inputSchema,
    check: checker(readSchema(inputSchema)),
  };
}

/** What this version of zod cannot read lets every input pass; the worker checks it. */
function readSchema(schema: unknown): z.ZodType {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return z.unknown();
  }
}

function checker(schema: z.ZodType): KnownTask["check"] {
  return (input, place) => {
    try {
      if (schema.safeParse(input).success) return undefined;
      // Once more, for an error that names the field and the limit.
      validate(schema, input, `${pathOf(place)}input`);
      return undefined;
    } catch (error) {
      const root = `${pathOf(place)}input`;
      if (error instanceof z.core.$ZodAsyncError) return checkLater(schema, input, root);
      throw asInvalid(error, root);
    }
  };
}

async function checkLater(schema: z.ZodType, input: unknown, root: string): Promise<void> {
  const result = await schema.safeParseAsync(input).catch((error) => {
    throw asInvalid(error, root);
  });
  if (result.success) return;
  const { path, message } = result.error.issues[0]!;
  const field = [root, ...path.map(String)].join(".");
  throw new TidegateError("INVALID", `${field}: ${message}`, { field });
}

/** A schema's own code has thrown, instead of naming what is wrong. */
function asInvalid(error: unknown, field: string): TidegateError {
  if (error instanceof TidegateError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TidegateError("INVALID", `${field}: ${message}`, { field }, error);
}
