import * as z from "zod";

/** Answer of `GET /v1/topics/{topic}/audit`: what was recounted, and what does not add up, in words. */
export const auditReport = z.object({
  topic: z.string(),
  partitions: z.int(),
  groups: z.int(),
  /** Messages that the log has. */
  messages: z.int(),
  /** Empty when everything adds up. */
  findings: z.array(z.string()),
});
export type AuditReport = z.infer<typeof auditReport>;
