import * as z from "zod";
import { type ErrorCode, errorTable } from "./errors.ts";
import { offset, partitionNumber } from "./primitives.ts";

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];

/** A code of the table of errors. */
export const errorCode = z.enum(codes);

/** Why one message of a request was refused. */
export const refusal = z.object({
  code: errorCode,
  retryable: z.boolean(),
  detail: z.string().exactOptional(),
  field: z.string().exactOptional(),
  limit: z.union([z.number(), z.string()]).exactOptional(),
});
export type Refusal = z.infer<typeof refusal>;

/**
 * Every error answer: a problem document (RFC 9457, `application/problem+json`). Tell errors apart by `code`;
 * `retryable` says that the same request may succeed later, and `retryAfterMs` (with the header `Retry-After`)
 * when. A publish of which something was refused carries `messages`, one for each message in order, and `redirectTo`
 * when a gate refused it that has one.
 */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: errorCode,
  retryable: z.boolean(),
  field: z.string().exactOptional(),
  limit: z.union([z.number(), z.string()]).exactOptional(),
  retryAfterMs: z.int().exactOptional(),
  redirectTo: z.string().exactOptional(),
  messages: z
    .array(
      z.union([
        z.object({
          partition: partitionNumber,
          offset: offset.nullable(),
          ticket: z.string(),
          duplicate: z.literal(true).exactOptional(),
        }),
        refusal,
      ]),
    )
    .exactOptional(),
});
export type Problem = z.infer<typeof problem>;
