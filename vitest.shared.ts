import { fileURLToPath } from "node:url";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig, type ViteUserConfig } from "vitest/config";

export interface SuiteOptions {
  /** Starts what the whole run shares, and provides `redisUrl`, `clusterUrls`. Default: nothing. */
  needs?: readonly ("redis" | "cluster")[];
  /** More of vitest's own options. */
  test?: ViteUserConfig["test"];
}

const serverConditions = ["tidegate-source", ...defaultServerConditions.filter((name) => name !== "module")];
const setup = (name: string) =>
  fileURLToPath(new URL(`./packages/testkit/src/vitest-${name}.ts`, import.meta.url));

/** The vitest configuration of every workspace: packages resolve from source, no retries. */
export function suite({ needs = [], test = {} }: SuiteOptions = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions: ["tidegate-source", ...defaultClientConditions] },
    ssr: { resolve: { conditions: serverConditions } },
    // The environment in which vitest itself runs a globalSetup.
    environments: { __vitest__: { resolve: { conditions: serverConditions } } },
    test: {
      include: ["{src,test}/**/*.test.ts", "*.test.ts"],
      passWithNoTests: true,
      retry: 0,
      // Files of a suite share their processes: nothing here replaces modules, and starting one for each file took half of all time.
      isolate: false,
      // Suites run side by side, on machines that others use too: slow is no failure.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: 30_000 } },
      globalSetup: needs.map(setup),
      ...test,
    },
  });
}
