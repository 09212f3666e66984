import type { Chance } from "../chance.ts";
import { encodeRequest, type WireRequest } from "../wire/request.ts";

/** The request with its bytes changed: how its body is sent, what stands in its target, or whether it is HTTP at all. */
export function mutateWire(request: WireRequest, chance: Chance): WireRequest {
  switch (chance.int(0, 9)) {
    case 0:
      return { ...request, framing: "chunked" };
    case 1:
      return request.body === null ? request : { ...request, framing: "cut" };
    case 2:
    case 3:
      return { ...request, body: damage(request.body ?? Buffer.alloc(0), chance) };
    case 4:
    case 5:
    case 6:
      return { ...request, target: damageTarget(request.target, chance) };
    case 7:
      return { ...request, raw: damageHead(request, chance) };
    case 8:
      return { ...request, raw: chance.pick(malformed)(encodeRequest(request).toString("latin1"), chance) };
    default:
      return {
        ...request,
        body: chance.bytes(chance.int(1, 200)),
        framing: chance.pick(["length", "chunked"]),
      };
  }
}

/** Bytes flipped, cut off, doubled, or in another encoding. */
function damage(body: Buffer, chance: Chance): Buffer {
  const at = chance.int(0, body.length);
  switch (chance.int(0, 5)) {
    case 0:
      return body.subarray(0, at);
    case 1:
      return Buffer.concat([body.subarray(0, at), chance.bytes(chance.int(1, 4)), body.subarray(at)]);
    case 2:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);
    case 3:
      return Buffer.from(body.toString("utf8"), "utf16le");
    case 4:
      return Buffer.concat([body, body]);
    default: {
      const copy = Buffer.from(body);
      if (at < copy.length) copy[at]! ^= 1 << chance.int(0, 7);
      return copy;
    }
  }
}

const escapes = [
  "%",
  "%0",
  "%zz",
  "%00",
  "%2f",
  "%2e%2e",
  "%ff",
  "%c0%af",
  "%ed%a0%80",
  "%25",
  "%0d%0a",
  "%e2%80%ae",
];
const pieces = [
  "//",
  "/./",
  "/../",
  "?",
  "??",
  "&&",
  "?a",
  "?=",
  "?%",
  "#x",
  ";",
  "\\",
  "*",
  "[",
  "|",
  "^",
  "\xe9",
  "+",
];

function damageTarget(target: string, chance: Chance): string {
  const at = chance.int(1, target.length);
  const insert = chance.pick([...escapes, ...pieces]);
  switch (chance.int(0, 5)) {
    case 0:
      return `http://localhost${target}`;
    case 1:
      return chance.pick([
        "*",
        "/",
        "//",
        "http://[/",
        "http://other.example/healthz",
        "localhost:80",
        `${target}/`,
      ]);
    case 2:
      return target.slice(0, at);
    default:
      return target.slice(0, at) + insert + target.slice(at);
  }
}

/** Bytes of the head changed, so that it may or may not be HTTP. */
function damageHead(request: WireRequest, chance: Chance): Buffer {
  const bytes = encodeRequest(request);
  const headEnd = bytes.indexOf("\r\n\r\n");
  const copy = Buffer.from(bytes);
  for (let count = chance.int(1, 3); count > 0; count -= 1) copy[chance.int(0, headEnd)] = chance.int(0, 255);
  return copy;
}

type Malform = (text: string, chance: Chance) => Buffer;

const latin1 = (text: string) => Buffer.from(text, "latin1");
const withHeader = (text: string, line: string) => latin1(text.replace("\r\n", `\r\n${line}\r\n`));

const malformed: readonly Malform[] = [
  (text, chance) => latin1(text.slice(0, chance.int(0, text.length))),
  (text) => latin1(text.replace("HTTP/1.1", "HTTP/9.9")),
  (text) => latin1(text.replace("HTTP/1.1", "HTTP/1.0")),
  (text) => latin1(text.replaceAll("\r\n", "\n")),
  (text) => latin1(text.replace(/Host: .*\r\n/, "")),
  (text) => latin1(text.replace(/Host: .*\r\n/, "Host: [\r\n")),
  (text) => withHeader(text, "Host: other.example"),
  (text) => withHeader(text, "Content-Length: -1"),
  (text) => withHeader(text, "Content-Length: 3\r\nContent-Length: 4"),
  (text) => withHeader(text, "Content-Length: 99999999999999999999"),
  (text) => withHeader(text, "Transfer-Encoding: gzip"),
  (text) => withHeader(text, "Transfer-Encoding: chunked\r\nContent-Length: 5"),
  (text) =>
    latin1(
      `${withHeader(text, "Transfer-Encoding: chunked").toString("latin1").split("\r\n\r\n")[0]}\r\n\r\nzz\r\n`,
    ),
  (text) => withHeader(text, "Expect: 200-maybe"),
  (text) => withHeader(text, "Upgrade: websocket\r\nConnection: Upgrade"),
  (text) => withHeader(text, "Connection: close"),
  (text) => withHeader(text, `X-Long: ${"z".repeat(20_000)}`),
  (text) => withHeader(text, Array.from({ length: 2500 }, (_, index) => `X${index}: 1`).join("\r\n")),
  (text) => withHeader(text, " folded: 1"),
  (text) => withHeader(text, "No colon"),
  (text) => withHeader(text, "Bad\0Name: 1"),
  (text) => latin1(text.replace(/^\S+/, "CONNECT")),
  (text) => latin1(text.replace(/^\S+/, "PRI")),
  (text) => latin1(text.replace(/^(\S+) \S+/, "$1 ")),
  () => latin1("\r\n\r\n\r\n"),
  () => latin1("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
  (_text, chance) => chance.bytes(chance.int(1, 300)),
];
