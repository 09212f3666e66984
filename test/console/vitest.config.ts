import { suite } from "../../vitest.shared.ts";

export default suite({ needs: ["redis"], test: { testTimeout: 180_000, hookTimeout: 180_000 } });
