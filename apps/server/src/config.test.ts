import { expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

test("an empty environment has defaults that reach no network", () => {
  expect(readConfig({ PORT: "" })).toEqual({
    port: 8080,
    host: "127.0.0.1",
    redisUrl: null,
    namespace: "tidegate",
    dataDir: ".tidegate",
    tokens: null,
    push: { allow: [], concurrency: 100 },
    schedules: true,
    metrics: true,
    signingKeys: null,
    logLevel: "info",
  });
});

test("push is steered: where it may call, how often at once, with which keys", () => {
  const [current, next] = ["a", "b"].map((letter) => `whsec_${letter.repeat(32)}`);
  const config = readConfig({
    TIDEGATE_PUSH_ALLOW: "shop.internal:8080, 10.0.0.0/8",
    TIDEGATE_PUSH_CONCURRENCY: "7",
    TIDEGATE_SIGNING_KEYS: `${current},${next}`,
  });
  expect(config.push).toEqual({ allow: ["shop.internal:8080", "10.0.0.0/8"], concurrency: 7 });
  expect(config.signingKeys).toEqual({ current, next });
  expect(readConfig({ TIDEGATE_PUSH: "off" }).push).toBeNull();
  expect(readConfig({ TIDEGATE_SCHEDULES: "off" }).schedules).toBe(false);
});

test("metrics can be left out, or given more labels", () => {
  expect(readConfig({ TIDEGATE_METRICS: "off" }).metrics).toBe(false);
  expect(readConfig({ TIDEGATE_METRICS_MAX_LABELS: "2000" }).metricsMaxLabels).toBe(2_000);
});

test("with tokens any address may be listened on", () => {
  const config = readConfig({
    HOST: "0.0.0.0",
    TIDEGATE_TOKENS: "root=admin",
    REDIS_URL: "rediss://r:6379/1",
  });
  expect(config.host).toBe("0.0.0.0");
  expect(config.tokens?.get("root")?.allow("admin", "", "")).toBe(true);
});

test.each([
  [{ HOST: "0.0.0.0" }, "TIDEGATE_TOKENS is not set"],
  [{ HOST: "::" }, "TIDEGATE_TOKENS is not set"],
  [{ HOST: "127.0.0.1.example.com" }, "TIDEGATE_TOKENS is not set"],
  [{ TIDEGATE_PUSH: "yes" }, "TIDEGATE_PUSH"],
  [{ TIDEGATE_SCHEDULES: "yes" }, "TIDEGATE_SCHEDULES"],
  [{ TIDEGATE_METRICS: "yes" }, "TIDEGATE_METRICS"],
  [{ TIDEGATE_METRICS_MAX_LABELS: "0" }, "TIDEGATE_METRICS_MAX_LABELS"],
  [{ TIDEGATE_PUSH_ALLOW: "http://shop" }, "TIDEGATE_PUSH_ALLOW: http://shop"],
  [{ TIDEGATE_SIGNING_KEYS: "whsec_short,whsec_shorter" }, "TIDEGATE_SIGNING_KEYS"],
  [{ PORT: "http" }, "PORT"],
  [{ PORT: "65536" }, "PORT"],
  [{ REDIS_URL: "localhost:6379" }, "REDIS_URL: must begin with"],
  [{ REDIS_URL: "redis://a,b/3" }, "REDIS_URL: a cluster has no numbered databases"],
  [{ TIDEGATE_NAMESPACE: "a{b}" }, "TIDEGATE_NAMESPACE"],
  [{ TIDEGATE_TOKENS: "root" }, "TIDEGATE_TOKENS"],
  [{ TIDEGATE_TOKENS: " ; " }, "TIDEGATE_TOKENS"],
  [{ TIDEGATE_TOKENS: "root=everything" }, "TIDEGATE_TOKENS"],
  [{ TIDEGATE_LOG_LEVEL: "loud" }, "TIDEGATE_LOG_LEVEL"],
])("%j is refused in one line that names the variable", (variables, text) => {
  const read = () => readConfig(variables as Record<string, string>);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(text);
  expect(read).not.toThrow("\n");
});
