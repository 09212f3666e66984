import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { root } from "./root.mjs";

const bin = join(root, "node_modules", ".bin");

/** The environment of everything that the root commands start: this repository's programs first, and nobody is called home. */
export const environment = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  DO_NOT_TRACK: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  WRANGLER_SEND_METRICS: "false",
};

/** Runs one of the repository's programs; answers its exit status, and its output if that is not shown. */
export function execute(command, args, { show = false } = {}) {
  return new Promise((resolve) => {
    const stdio = show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"];
    const child = spawn(command, args, { cwd: root, env: environment, stdio });
    let output = "";
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout?.setEncoding("utf8").on("data", keep);
    child.stderr?.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => resolve({ status: 1, output: `${command}: ${error.message}` }));
    child.on("close", (status) => resolve({ status: status ?? 1, output }));
  });
}

/** Runs tasks of the workspaces, as turbo.json says. */
export function turbo(args, options) {
  return execute("turbo", ["run", ...args], options);
}
