/**
 * Builds all workspaces, or one and what it needs; what has not changed comes from turbo's cache. Prints only what fails.
 *
 *   node scripts/build.mjs [workspace]
 */
import { turbo } from "./turbo.mjs";

const filter = process.argv[2] ? [`--filter=${process.argv[2]}`] : [];
const { status, output } = await turbo(["build", "--output-logs=errors-only", ...filter]);
if (status !== 0) console.error(output);
process.exitCode = status;
