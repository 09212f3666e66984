import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The page's sources, beside `src` and `dist` alike. */
const folder = new URL("../../src/page/", import.meta.url);

/** What a browser is given. */
export interface PageFile {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** The page by the paths of its files: its own, and one module of its scripts with the client in it. */
export async function bundlePage(): Promise<ReadonlyMap<string, PageFile>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("main.ts", folder))],
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["tidegate-source"],
    write: false,
    logLevel: "silent",
  });
  const file = (name: string) => readFile(new URL(name, folder));
  return new Map([
    ["/", { type: "text/html; charset=utf-8", body: await file("index.html") }],
    ["/shop.css", { type: "text/css; charset=utf-8", body: await file("shop.css") }],
    ["/icon.svg", { type: "image/svg+xml", body: await file("icon.svg") }],
    ["/shop.js", { type: "text/javascript; charset=utf-8", body: outputFiles[0]!.text }],
  ]);
}
