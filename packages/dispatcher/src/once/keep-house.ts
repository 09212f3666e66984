import { asTidegateError } from "../push/as-tidegate-error.ts";
import { type DispatchOnceOptions, dispatchOnce } from "./dispatch-once.ts";

/** What a clock calls where no server runs: one bounded round of housekeeping, then one step of pushing. Never throws. */
export async function keepHouse(options: DispatchOnceOptions): Promise<void> {
  for (const step of [() => options.engine.housekeep(), () => dispatchOnce(options)]) {
    try {
      await step();
    } catch (error) {
      options.onEvent?.({ type: "error", error: asTidegateError(error) });
    }
  }
}
