/** Asks the server of this container, and ends with 0 when it answers well: node healthcheck.mjs [path, else /healthz] */
import { argv, env, exit } from "node:process";

const [path = "/healthz"] = argv.slice(2);
const url = `http://127.0.0.1:${env.PORT || 8080}${path}`;
const answer = await fetch(url, { signal: AbortSignal.timeout(2_500) }).catch((error) => error);
if (answer instanceof Error) console.error(answer.message);
else if (!answer.ok) console.error(await answer.text());
exit(answer.ok === true ? 0 : 1);
