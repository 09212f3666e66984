import { fromBase64 } from "../base64.ts";

/** What is used of the event of a function URL, or of an HTTP API in front of a function (payload 2.0 and 1.0). */
export interface LambdaUrlEvent {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded: boolean;
}

export interface LambdaUrlResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * A function on Lambda, behind its URL, that receives pushes: `export const handler = lambdaUrl(nextPush({ keys }, handler))`,
 * or with `lambdaSqs({ keys }, handler)` in its middle.
 */
export function lambdaUrl(
  receive: (request: Request) => Promise<Response>,
): (event: LambdaUrlEvent) => Promise<LambdaUrlResult> {
  return async ({ headers, body, isBase64Encoded }) => {
    const bytes = isBase64Encoded ? fromBase64(body ?? "") : (body ?? "");
    const known = Object.entries(headers).filter(([, value]) => value !== undefined);
    const response = await receive(
      new Request("https://lambda.invalid/", {
        method: "POST",
        headers: known as [string, string][],
        body: bytes as BodyInit,
      }),
    );
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  };
}
