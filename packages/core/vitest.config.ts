import { suite } from "../../vitest.shared.ts";

// The longest suite: in one process all others would wait for it.
export default suite({ needs: ["redis"], test: { maxWorkers: 2 } });
