import * as z from "zod";

/** Answer of `/readyz`: 200 when Redis is reachable and fit, else 503 with what stands in the way. */
export const readiness = z.object({
  ready: z.boolean(),
  redisVersion: z.string().nullable(),
  evictionPolicy: z.string().nullable(),
  problems: z.array(z.string()),
});
export type Readiness = z.infer<typeof readiness>;
