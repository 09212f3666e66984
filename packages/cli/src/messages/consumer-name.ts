import { hostname } from "node:os";

/** How this run is shown as a holder of leases. */
export function consumerName(): string {
  return `tidegate-cli@${hostname()}:${process.pid}`.slice(0, 200);
}
