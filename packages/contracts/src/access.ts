import * as z from "zod";

/** Answer of `GET /v1/access`: whether the caller may change things, or only look. */
export const access = z.object({ admin: z.boolean() });
export type Access = z.infer<typeof access>;
