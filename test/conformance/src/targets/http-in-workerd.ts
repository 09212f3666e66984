import { startWorker } from "@tidegate/edge/start-worker";
import { testNamespace } from "@tidegate/testkit";
import { inject } from "vitest";
import { httpSystem } from "../http-system.ts";
import type { Target } from "../target.ts";
import { directly, singleNodeSystem, uniqueName } from "./single-node.ts";
import { functionAddress } from "./start-dispatcher.ts";

const token = "conformance-token";
const visitorToken = "visitor-token";

/** The HTTP API of the Worker, in workerd. Housekeeping is the operator's, since a Worker has none. */
export const httpInWorkerd: Target = {
  name: "HTTP in workerd",
  can: { headerList: false, stockUnits: false, anyName: false, wakes: false },
  async start() {
    const redisUrl = inject("redisUrl");
    const namespace = testNamespace();
    const operator = await singleNodeSystem(redisUrl, namespace);
    const worker = await startWorker({
      redisUrl,
      namespace,
      tokens: `${token}=admin;${visitorToken}=publish:*`,
      pushAllow: functionAddress,
    });
    const http = { url: worker.url, token };
    return {
      system: httpSystem({ ...http, visitorToken, operator }),
      topicName: async () => uniqueName(),
      ...directly(redisUrl),
      http,
      strike: () => worker.strike(),
      async stop() {
        await worker.stop();
        await operator.close();
      },
    };
  },
};
