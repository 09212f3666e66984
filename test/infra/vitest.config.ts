import { suite } from "../../vitest.shared.ts";

export default suite({ test: { testTimeout: 120_000, hookTimeout: 120_000 } });
