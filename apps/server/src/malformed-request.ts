import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { TidegateError } from "@tidegate/contracts";
import { type Answer, problemAnswer } from "@tidegate/http";

/** How long a caller that was told so may keep its connection. */
const lingerMs = 500;

/** The answer to what is no HTTP request. */
export function malformedAnswer(detail: string, field?: string): Answer {
  const error = new TidegateError("MALFORMED_REQUEST", detail, field === undefined ? {} : { field });
  return problemAnswer(error, randomUUID());
}

/**
 * Answers what never becomes a request with a problem document as well: bytes that are not HTTP, a head over the limit,
 * a request that does not end, CONNECT. An expectation that we do not know is passed over, as HTTP allows.
 */
export function answerMalformed(server: Server): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (mayAnswer(socket)) end(socket, answerTo(error));
    else socket.destroy();
  });
  server.on("connect", (incoming: IncomingMessage, socket: Duplex) => {
    const error = new TidegateError("METHOD_NOT_ALLOWED", `${incoming.url} does not know CONNECT`);
    end(socket, problemAnswer(error, randomUUID()));
  });
  server.on("checkExpectation", (incoming: IncomingMessage, outgoing: ServerResponse) =>
    server.emit("request", incoming, outgoing),
  );
}

/** Node's own condition: nothing of another answer is on its way already. */
function mayAnswer(socket: Duplex): boolean {
  const { _httpMessage } = socket as { _httpMessage?: ServerResponse | null };
  return socket.writable && !_httpMessage?.headersSent;
}

function answerTo(error: NodeJS.ErrnoException): Answer {
  if (error.code === "HPE_HEADER_OVERFLOW") {
    const tooLarge = new TidegateError("REQUEST_TOO_LARGE", "The head of the request is over its limit", {
      field: "headers",
    });
    return problemAnswer(tooLarge, randomUUID());
  }
  const detail = error.code?.startsWith("HPE_") === true ? error.message : "The request ended early";
  return malformedAnswer(detail);
}

function end(socket: Duplex, { status, headers, body }: Answer): void {
  const all = { ...headers, "content-length": String(Buffer.byteLength(body ?? "")), connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  // A socket that is read no more never tells that its peer is gone, and a server does not stop before it is closed.
  const tooLong = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(tooLong));
  socket.on("error", () => socket.destroy());
  socket.resume();
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body ?? ""}`);
}
