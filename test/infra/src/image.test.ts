import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { freePort } from "@tidegate/embedded-redis";
import { validate } from "dockerfile-utils";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { apiAt } from "./call-api.ts";
import { exampleEnvironment, readCompose } from "./compose-file.ts";
import { infraPath, readInfra } from "./infra-file.ts";
import { runService } from "./run-service.ts";

const run = promisify(execFile);
const dockerfile = readInfra("docker/Dockerfile");
const app = mkdtempSync(join(tmpdir(), "tidegate-image-"));
/** Nobody, where this process may become somebody else. */
const user = process.getuid?.() === 0 ? 65_534 : null;
let installed = true;

/** As the Dockerfile says: the built workspaces, then production dependencies alone. */
beforeAll(async () => {
  chmodSync(app, 0o755);
  await run(process.execPath, [infraPath("docker/collect-server.mjs"), app]);
  const args = ["ci", "--prefix", app, "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund"];
  await run("npm", args, { cwd: app }).catch((error: Error & { stderr: string }) => {
    if (process.env.CI || !/ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(error.stderr))
      throw error;
    installed = false;
  });
});
afterAll(() => rmSync(app, { recursive: true, force: true, maxRetries: 3 }));

test("the linter finds nothing in the Dockerfile, and something in a bad one", () => {
  expect(validate(dockerfile).map(({ message }) => message)).toEqual([]);
  expect(validate("FORM node\n")).not.toEqual([]);
});

test("the Dockerfile does what is tried here: these steps, as a user without rights, without a shell", () => {
  const steps = dockerfile.split("\n").filter((line) => /^[A-Z]/.test(line));
  expect(steps).toContain("RUN node infra/docker/collect-server.mjs /app");
  expect(steps.some((line) => /npm ci --prefix \/app --omit=dev/.test(line))).toBe(true);
  const last = steps.slice(steps.findLastIndex((line) => line.startsWith("FROM")));
  expect(last).toContain("COPY --from=build /app /app");
  expect(last.find((line) => line.startsWith("USER"))).toBe("USER 1000:1000");
  expect(last.at(-1)).toBe('CMD ["node", "apps/server/dist/main.js"]');
});

test("the image has what the server needs and nothing of its development", async (context) => {
  for (const missing of ["test", "apps/edge", "packages/testkit", "packages/cli"])
    expect(existsSync(join(app, missing)), missing).toBe(false);
  const { stdout } = await run("find", [
    app,
    "-path",
    `${app}/node_modules`,
    "-prune",
    "-o",
    "-type",
    "f",
    "-print",
  ]);
  expect(
    stdout.split("\n").filter((file) => /\.test\.|\.ts$|\.tsbuildinfo$|\/\.env|\.secret\b/.test(file)),
  ).toEqual([]);
  context.skip(!installed, "npm has not all packages in its cache, and no network");
  for (const tool of ["typescript", "vite", "vitest", "wrangler", "turbo", "@types/node"])
    expect(existsSync(join(app, "node_modules", tool)), tool).toBe(false);
});

test("the server of the image runs beside the Redis of the compose file, as nobody, writes no file, and ends in order", async (context) => {
  context.skip(!installed, "npm has not all packages in its cache, and no network");
  const environment = exampleEnvironment("compose");
  const { redis, server } = readCompose("compose", environment).services;
  const port = await freePort();
  const running = await runService({ folder: "compose", service: redis!, args: ["--port", String(port)] });
  onTestFinished(() => running.stop());
  const probe = await runCommand(redis!.healthcheck!.test, redis!.environment!, ["-p", String(port)]);
  expect(probe).toBe(0);

  const variables = {
    NODE_ENV: "production",
    HOST: "0.0.0.0",
    PORT: String(await freePort()),
    ...server!.environment,
    REDIS_URL: server!.environment!.REDIS_URL!.replace("@redis:6379", `@127.0.0.1:${port}`),
  };
  const [process, url] = await startNobody(variables);
  const call = apiAt(url, environment.TIDEGATE_ADMIN_TOKEN!);
  expect((await call("PUT", "/v1/topics/orders", {})).status).toBe(201);
  expect((await call("POST", "/v1/topics/orders/messages", { messages: [{ value: 1 }] })).status).toBe(202);

  // Prometheus, with the token and at the place that its files name.
  const scrape = parse(readInfra("prometheus/prometheus.yml")).scrape_configs[0];
  const token = environment.TIDEGATE_READ_TOKEN!;
  const metrics = await fetch(url + scrape.metrics_path, { headers: { authorization: `Bearer ${token}` } });
  expect([metrics.status, await metrics.text()]).toEqual([200, expect.stringContaining("tidegate_")]);
  expect((await apiAt(url, token)("DELETE", "/v1/topics/orders")).status).toBe(403);

  // What Docker, compose and Kubernetes ask.
  expect(await runCommand(server!.healthcheck!.test, variables)).toBe(0);
  expect(await runCommand(imageHealthcheck(), variables)).toBe(0);
  const { containers } = parse(readInfra("kubernetes/server/deployment.yaml")).spec.template.spec;
  for (const kind of ["startupProbe", "livenessProbe", "readinessProbe"])
    expect((await fetch(url + containers[0][kind].httpGet.path)).status, kind).toBe(200);
  await running.process.stop("SIGKILL");
  expect(await runCommand(server!.healthcheck!.test, variables)).toBe(1);
  expect(await runCommand(imageHealthcheck(), variables)).toBe(0);

  process.kill("SIGTERM");
  expect(await once(process, "exit")).toEqual([0, null]);
  expect(await runCommand(imageHealthcheck(), variables)).toBe(1);
});

test("a container without tokens says so and ends", async (context) => {
  context.skip(!installed, "npm has not all packages in its cache, and no network");
  await expect(startNobody({ HOST: "0.0.0.0", PORT: "0" })).rejects.toThrow("TIDEGATE_TOKENS is not set");
});

/** Starts the server of the image; resolves when it listens, and rejects with what it printed when it ends before. */
async function startNobody(variables: Record<string, string>): Promise<[ChildProcess, string]> {
  // Node has its program already when it becomes nobody, who might not reach it.
  const become = `process.setgroups([]); process.setgid(${user}); process.setuid(${user})`;
  const child = spawn(
    process.execPath,
    [
      ...(user === null ? [] : ["--import", `data:text/javascript,${become}`]),
      // It may write no file, as with a root that is read-only.
      ...["--permission", "--allow-fs-read=*"],
      ...command("CMD").slice(1),
    ],
    { cwd: app, env: variables, stdio: ["ignore", "pipe", "pipe"] },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  let printed = "";
  child.stderr.on("data", (chunk: Buffer) => {
    printed += chunk;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes("listening on")) continue;
    child.stdout.resume();
    return [child, `http://127.0.0.1:${variables.PORT}`];
  }
  throw new Error(printed);
}

/** The words of an instruction of the Dockerfile in its JSON form. */
function command(instruction: string): string[] {
  return JSON.parse(new RegExp(`^${instruction} .*?(\\[.*\\])$`, "m").exec(dockerfile)![1]!);
}

function imageHealthcheck(): string[] {
  return ["CMD", ...command("HEALTHCHECK")];
}

/** The status that a healthcheck ends with, run in the image's folder. */
async function runCommand(
  [kind, program, ...args]: string[],
  environment: Record<string, string>,
  more: string[] = [],
) {
  expect(kind).toBe("CMD");
  const path = program === "node" ? process.execPath : program!;
  const env = { PATH: process.env.PATH, ...environment };
  return run(path, [...more, ...args], { cwd: app, env }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}
