import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { type EmbeddedRedis, type EmbeddedRedisOptions, startEmbeddedRedis } from "./start-embedded-redis.ts";

const started: EmbeddedRedis[] = [];
const folders: string[] = [];

async function start(options: EmbeddedRedisOptions = {}): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis(options);
  started.push(redis);
  return redis;
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "tidegate test "));
  folders.push(dir);
  return dir;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** One inline command and its reply, without a client library. */
function ask({ port, host }: EmbeddedRedis, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(`${command}\r\n`));
    socket.once("data", (reply) => {
      socket.destroy();
      resolve(reply.toString());
    });
    socket.once("error", reject);
  });
}

test("it answers on loopback, with a policy that never evicts", async () => {
  const redis = await start();
  expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
  expect(await ask(redis, "PING")).toBe("+PONG\r\n");
  expect(await ask(redis, "CONFIG GET maxmemory-policy")).toContain("noeviction");
  expect(await ask(redis, "CONFIG GET appendonly")).toContain("no");
});

test("stop ends it and removes a temporary folder, and may be called twice", async () => {
  const redis = await start();
  await Promise.all([redis.stop(), redis.stop()]);
  await redis.stop();
  expect(existsSync(redis.dir)).toBe(false);
  await expect(ask(redis, "PING")).rejects.toThrow("ECONNREFUSED");
});

test("data in a folder of one's own outlives the server", async () => {
  const dataDir = join(folder(), "with spaces", "data");
  const first = await start({ dataDir });
  expect(await ask(first, "CONFIG GET appendfsync")).toContain("everysec");
  await ask(first, "SET kept yes");
  await first.stop();
  const second = await start({ dataDir, appendonly: "always", config: ["maxmemory 64mb"] });
  expect(await ask(second, "GET kept")).toContain("yes");
  expect(await ask(second, "CONFIG GET appendfsync")).toContain("always");
  expect(await ask(second, "CONFIG GET maxmemory")).toContain("67108864");
  expect(statSync(join(dataDir, "appendonlydir")).isDirectory()).toBe(true);
});

test("a second server on the same folder waits, and starts when the first has gone", async () => {
  const dataDir = folder();
  const first = await start({ dataDir });
  let early = true;
  const second = start({ dataDir }).then(async (redis) => {
    expect(early).toBe(false);
    return redis;
  });
  await vi.waitFor(async () => expect(await ask(first, "PING")).toContain("PONG"));
  early = false;
  await first.stop();
  expect(await ask(await second, "PING")).toContain("PONG");
});

test("a taken port and a wrong line of configuration are told with Redis's own words", async () => {
  const redis = await start();
  await expect(start({ port: redis.port })).rejects.toThrow("Address already in use");
  await expect(start({ config: ["no-such-option 1"] })).rejects.toThrow("no-such-option");
});
