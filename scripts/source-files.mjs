import { execFileSync } from "node:child_process";

/** Every file of the repository that git holds or would hold, seen from its folder. */
export function repositoryFiles(folder) {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const listed = execFileSync("git", args, { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const gone = execFileSync("git", ["ls-files", "--deleted", "-z"], { cwd: folder, encoding: "utf8" });
  const deleted = new Set(gone.split("\0"));
  return [...new Set(listed.split("\0"))].filter((path) => path && !deleted.has(path));
}

export const isSource = (path) => /\.(ts|tsx|mts|js|mjs|lua)$/.test(path);

export const isGenerated = (path) => /\.gen\.ts$/.test(path);

/** What only a test run loads: it may use more than what is published. */
export const isTest = (path) =>
  /\.(test|bench)\.ts$|(^|\/)vitest\.\w+\.ts$|\/(fixtures|test|scripts)\//.test(path) ||
  path.startsWith("test/");
