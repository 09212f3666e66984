import { startProxy, type TestProxy } from "@tidegate/testkit";

/** Two proxies in front of one Redis, so that what befalls one client spares another. */
export interface Gateway {
  readonly proxies: readonly TestProxy[];
  /** Moves everybody to another server, as the address of a managed Redis does in a failover. */
  retarget(port: number): void;
  stop(): Promise<void>;
}

export async function startGateway(port: number): Promise<Gateway> {
  const proxies = [await startProxy(port), await startProxy(port)];
  return {
    proxies,
    retarget(to) {
      for (const proxy of proxies) {
        proxy.retarget(to);
        proxy.cut();
      }
    },
    async stop() {
      for (const proxy of proxies) {
        proxy.resume();
        await proxy.stop();
      }
    },
  };
}
