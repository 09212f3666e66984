import { setTimeout as pause } from "node:timers/promises";
import type { TestProxy } from "@tidegate/testkit";
import type { Random } from "../random.ts";
import type { Fault } from "./fault.ts";

function onProxy(
  kind: string,
  weight: number,
  work: (proxy: TestProxy, random: Random) => Promise<unknown>,
): Fault {
  return {
    kind,
    weight,
    resource: "gateway",
    stages: ["everysec", "always", "snapshot", "pair"],
    async run({ stage }, random) {
      const index = random.whole(0, 1);
      await work(stage.gateway!.proxies[index]!, random);
      return `proxy ${index}`;
    },
  };
}

/** What a network does between a client and Redis. */
export const networkFaults: readonly Fault[] = [
  onProxy("network-cut", 5, async (proxy) => proxy.cut()),
  onProxy("network-cut-reply", 6, async (proxy) => {
    await Promise.race([proxy.cutNextReply(), pause(300)]);
  }),
  onProxy("network-cut-mid-reply", 6, async (proxy) => {
    proxy.cutMidReply();
    await pause(20);
  }),
  onProxy("network-delay", 5, async (proxy, random) => {
    proxy.delay(random.whole(5, 200));
    await pause(random.whole(200, 1200));
    proxy.delay(0);
  }),
  onProxy("network-stall", 4, async (proxy, random) => {
    proxy.stall();
    await pause(random.whole(100, 2500));
    proxy.resume();
  }),
  onProxy("network-half-open", 3, async (proxy, random) => {
    proxy.halfOpen();
    await pause(random.whole(200, 2000));
    proxy.cut();
  }),
];
