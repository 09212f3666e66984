import { handlePush, type PushHandler, type PushOptions } from "./handle-push.ts";

/**
 * A route handler of Next.js that receives pushes, `export const POST = nextPush({ keys }, handler)`; and of whatever else
 * calls with a `Request` and takes a `Response`, as `Deno.serve` and `Bun.serve` do.
 */
export function nextPush(
  options: PushOptions,
  handler: PushHandler,
): (request: Request) => Promise<Response> {
  return (request) => handlePush(request, options, handler);
}
