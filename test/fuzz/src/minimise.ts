import type { Judge } from "./judge/judge.ts";
import { Connection } from "./wire/connection.ts";
import type { WireRequest } from "./wire/request.ts";

/** How often a request is sent again at most. */
const triesAtMost = 300;
const answerWithinMs = 3000;

/**
 * The smallest request that still shows a finding of a kind, alone and on the server as it is now; null when the request
 * does not show it alone, but only in its session.
 */
export async function minimise(
  request: WireRequest,
  kind: string,
  { url, judge }: { url: string; judge: Judge },
): Promise<WireRequest | null> {
  const connection = new Connection(url);
  let tries = 0;
  const shows = async (candidate: WireRequest) => {
    tries += 1;
    return judge.judge(candidate, await connection.send(candidate, answerWithinMs))?.kind === kind;
  };
  try {
    if (!(await shows(request))) return null;
    let smallest = request;
    for (let shrunk = true; shrunk; ) {
      shrunk = false;
      for (const candidate of smallerRequests(smallest)) {
        if (tries >= triesAtMost) return smallest;
        if (!(await shows(candidate))) continue;
        smallest = candidate;
        shrunk = true;
        break;
      }
    }
    return smallest;
  } finally {
    connection.close();
  }
}

function* smallerRequests(request: WireRequest): Iterable<WireRequest> {
  if (request.raw !== undefined) {
    for (const raw of smallerBytes(request.raw)) yield { ...request, raw };
    return;
  }
  const { target, headers, body } = request;
  if (target.includes("?")) yield { ...request, target: target.slice(0, target.indexOf("?")) };
  for (const index of headers.keys()) yield { ...request, headers: headers.filter((_, at) => at !== index) };
  if (body === null) return;
  yield { ...request, body: null };
  for (const smaller of smallerBodies(body)) yield { ...request, body: smaller };
}

function* smallerBodies(body: Buffer): Iterable<Buffer> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    yield* smallerBytes(body);
    return;
  }
  for (const smaller of smallerValues(value)) yield Buffer.from(JSON.stringify(smaller));
}

/** The value with one part of it left out, outermost first. */
function* smallerValues(value: unknown): Iterable<unknown> {
  if (Array.isArray(value)) {
    if (value.length > 2) yield value.slice(0, value.length / 2);
    for (const index of value.keys()) yield value.filter((_, at) => at !== index);
    for (const [index, one] of value.entries())
      for (const smaller of smallerValues(one)) yield value.with(index, smaller);
  } else if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value);
    for (const [name] of fields) yield Object.fromEntries(fields.filter(([other]) => other !== name));
    for (const [name, one] of fields)
      for (const smaller of smallerValues(one)) yield { ...value, [name]: smaller };
  } else if (typeof value === "string" && value.length > 1) yield value.slice(0, value.length / 2);
}

/** The bytes without some of them: halves first, then ever smaller parts. */
function* smallerBytes(bytes: Buffer): Iterable<Buffer> {
  for (let size = Math.floor(bytes.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < bytes.length; at += size)
      yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
    if (size <= bytes.length / 16) return;
  }
}
