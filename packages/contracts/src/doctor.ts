import * as z from "zod";

/** What one check of Redis came to; `unknown`: it could not be looked at. */
export const finding = z.object({
  /** Name of the check; there may be several findings of one. */
  check: z.string(),
  level: z.enum(["ok", "notice", "warning", "danger", "unknown"]),
  found: z.string(),
  why: z.string(),
  /** Null when nothing needs doing. */
  mend: z.string().nullable(),
  /** `host:port` of the nodes of a cluster that it is about; empty on a single server, and where it is about the whole. */
  nodes: z.array(z.string()),
});
export type Finding = z.infer<typeof finding>;

/** Answer of `GET /v1/doctor`: the worst findings first. */
export const diagnosis = z.object({ findings: z.array(finding) });
export type Diagnosis = z.infer<typeof diagnosis>;
