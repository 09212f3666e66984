import { TidegateError } from "@tidegate/contracts";

/** Any error as the one that this project throws. */
export function asTidegateError(error: unknown): TidegateError {
  if (error instanceof TidegateError) return error;
  return new TidegateError("INTERNAL", error instanceof Error ? error.message : String(error), {}, error);
}
