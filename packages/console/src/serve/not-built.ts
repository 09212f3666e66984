import type { ConsoleAnswer } from "./console-page.ts";
import { securityHeaders } from "./security-headers.ts";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tidegate: the console was not built</title>
<h1>The console was not built</h1>
<p>The server runs, and so does its API; only this page is missing from the checkout.
<p>Run <code>npm run build</code>, and start the server again. <code>npm start</code> does both.
`;

/** Stands in the place of a page that was not built, and says what to do. */
export function notBuilt(): ConsoleAnswer {
  return {
    status: 503,
    headers: { ...securityHeaders, "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    body: page,
  };
}
