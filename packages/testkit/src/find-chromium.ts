import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface FindChromiumOptions {
  /** Whether Debian's package may be installed when no browser is there: as root, with apt-get. */
  readonly install: boolean;
  /** Told what is installed, since that takes a while. */
  readonly log?: (line: string) => void;
}

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const moreFolders = ["/usr/bin", "/usr/local/bin", "/snap/bin"];
const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const whatToInstall =
  "The page is tested in a browser: install Chromium or Chrome (Debian: apt-get install chromium), or name one in CHROMIUM_PATH";

/** Flags of a browser that speaks to nobody but the page under test. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
] as const;

/** The path of a Chromium or Chrome. Throws one line that says what to install. */
export function findChromium({ install, log = () => {} }: FindChromiumOptions): string {
  const found = search();
  if (found) return found;
  if (install && process.platform === "linux" && process.getuid?.() === 0) {
    log("installing chromium with apt-get");
    aptGet("update", "-qq");
    aptGet("install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core");
  }
  const installed = search();
  if (installed) return installed;
  throw new Error(whatToInstall);
}

function search(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...moreFolders];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...(named ? [named] : []), ...paths, ...applications].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function aptGet(...args: string[]): void {
  spawnSync("apt-get", args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "inherit"],
  });
}
