import { suite } from "../../vitest.shared.ts";

// Most of the time these tests wait for a failover: side by side, whatever the number of cores; and the server is loaded once a worker.
export default suite({ test: { testTimeout: 180_000, hookTimeout: 120_000, maxWorkers: 2 } });
