import { suite } from "../../vitest.shared.ts";

export default suite({
  needs: ["redis", "cluster"],
  test: { testTimeout: 120_000, hookTimeout: 120_000, maxConcurrency: 12, maxWorkers: 2 },
});
