import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { notBuilt } from "./not-built.ts";
import { type PageFile, readPageFiles } from "./page-files.ts";
import { securityHeaders } from "./security-headers.ts";

/** What is asked for, as far as it matters here. Names of headers in lower case. */
export interface ConsoleRequest {
  readonly method: string;
  /** Path with query, as it came. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface ConsoleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
}

/** Where the page lies: the addresses in its files begin with it. */
const base = "/console/";
const home = "index.html";
/** Vite names these files after what is in them; nothing else has such an address. */
const named = /^assets\//;
const built = fileURLToPath(new URL("../../dist/page/", import.meta.url));

/** The console's files, ready to be served. */
export class ConsolePage {
  readonly #files: ReadonlyMap<string, PageFile>;

  constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /** Whether the page was built, and can be used. */
  get isBuilt(): boolean {
    return this.#files.has(home);
  }

  /**
   * Answers what is below `/console/`, and sends a browser that asks for `/` there. Null: something else should answer. Every
   * address that is no file is the page itself, which knows what to show there.
   */
  answer({ method, url, headers }: ConsoleRequest): ConsoleAnswer | null {
    if (method !== "GET" && method !== "HEAD") return null;
    const path = url.split("?", 1)[0]!;
    if (path === "/") return wantsPage(headers) ? redirect(base) : null;
    if (path === base.slice(0, -1)) return redirect(base);
    if (!path.startsWith(base)) return null;
    const name = path.slice(base.length);
    const file = this.#files.get(name);
    if (file !== undefined && name !== home) return show(file, named.test(name) ? forever : anHour, headers);
    if (named.test(name)) return { status: 404, headers: plain, body: "Not found\n" };
    const page = this.#files.get(home);
    return page === undefined ? notBuilt() : show(page, askAgain, headers);
  }
}

/** Reads the page that `vite build` has made. One that was not built is answered with what to do. */
export function openConsole(folder = built): ConsolePage {
  return new ConsolePage(readPageFiles(folder, (path) => readFileSync(path)));
}

const forever = "public, max-age=31536000, immutable";
const anHour = "public, max-age=3600";
const askAgain = "no-cache";
const plain = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/** A browser asks for pages by name; whatever else asks for `/` gets the API's answer. */
function wantsPage(headers: ConsoleRequest["headers"]): boolean {
  return String(headers.accept ?? "").includes("text/html");
}

function redirect(location: string): ConsoleAnswer {
  return { status: 302, headers: { location, "cache-control": "no-store" }, body: null };
}

function show(file: PageFile, kept: string, asked: ConsoleRequest["headers"]): ConsoleAnswer {
  const headers = {
    ...securityHeaders,
    "content-type": file.type,
    "cache-control": kept,
    etag: file.tag,
    vary: "accept-encoding",
  };
  if (asked["if-none-match"] === file.tag) return { status: 304, headers, body: null };
  if (!/\bgzip\b/.test(String(asked["accept-encoding"] ?? "")))
    return { status: 200, headers, body: file.body };
  const zipped = file.zipped();
  if (zipped === null) return { status: 200, headers, body: file.body };
  return { status: 200, headers: { ...headers, "content-encoding": "gzip" }, body: zipped };
}
