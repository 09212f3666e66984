import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { gzipSync } from "node:zlib";

/** A file as a browser is given it. */
export interface PageFile {
  readonly type: string;
  /** Tells its content apart: weak, since it is the same compressed. */
  readonly tag: string;
  readonly body: Uint8Array;
  /** Compressed, where that is worth it: once, when it is first asked for. */
  zipped(): Uint8Array | null;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".json": "application/json",
};
const worthIt = /^(text\/|image\/svg|application\/json)/;

/** All files below a folder, by their path in it with `/`; none when there is no folder. */
export function readPageFiles(folder: string, read: (path: string) => Uint8Array): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const path of pathsIn(folder))
    files.set(path.split(sep).join("/"), pageFile(path, read(join(folder, path))));
  return files;
}

function pathsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
      .map((path) => (path.startsWith(sep) ? path.slice(1) : path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function pageFile(path: string, body: Uint8Array): PageFile {
  const type = types[extname(path)] ?? "application/octet-stream";
  let zipped: Uint8Array | null | undefined;
  return {
    type,
    tag: `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`,
    body,
    zipped: () => (zipped ??= worthIt.test(type) ? gzipSync(body) : null),
  };
}
