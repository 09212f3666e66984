import { encodeRequest, type WireRequest } from "./wire/request.ts";

const printable = /^[\x20-\x7e]*$/;

/** A command line that sends a request again: curl where it can, else the bytes themselves. */
export function asCommand(request: WireRequest, url = "http://127.0.0.1:8080"): string {
  const { method, target, headers, body, framing, raw } = request;
  const isPlain = [target, ...headers.flat()].every((text) => printable.test(text)) && target.startsWith("/");
  if (raw !== undefined || framing === "cut" || !isPlain) return asBytes(encodeRequest(request), url);
  const parts = ["curl -i --path-as-is", `-X ${method}`, quote(`${url}${target}`)];
  if (body !== null && !headers.some(([name]) => name.toLowerCase() === "content-type"))
    parts.push("-H 'Content-Type:'");
  for (const [name, value] of headers)
    if (name !== "Host") parts.push(`-H ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`);
  if (framing === "chunked") parts.push("-H 'Transfer-Encoding: chunked'");
  if (body === null) return parts.join(" ");
  const text = body.toString("latin1");
  if (printable.test(text)) return [...parts, `--data-binary ${quote(text)}`].join(" ");
  return `printf %b ${quote(escapeBytes(body))} | ${parts.join(" ")} --data-binary @-`;
}

function asBytes(bytes: Buffer, url: string): string {
  const { hostname, port } = new URL(url);
  return `printf %b ${quote(escapeBytes(bytes))} | nc -N ${hostname} ${port}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function escapeBytes(bytes: Buffer): string {
  let text = "";
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, "0")}`;
  }
  return text;
}
