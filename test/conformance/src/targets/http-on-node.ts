import { parseTokens } from "@tidegate/http";
import { startServer } from "@tidegate/server";
import { testNamespace } from "@tidegate/testkit";
import { inject } from "vitest";
import { httpSystem } from "../http-system.ts";
import type { Target } from "../target.ts";
import { directly, singleNodeSystem, uniqueName } from "./single-node.ts";
import { functionAddress } from "./start-dispatcher.ts";

const token = "conformance-token";
const visitorToken = "visitor-token";

/** The HTTP API of the server, on a port of its own. */
export const httpOnNode: Target = {
  name: "HTTP on Node",
  can: { headerList: false, stockUnits: false, anyName: false, wakes: true },
  async start() {
    const redisUrl = inject("redisUrl");
    const namespace = testNamespace();
    const server = await startServer({
      port: 0,
      host: "127.0.0.1",
      redisUrl,
      namespace,
      dataDir: "unused",
      tokens: parseTokens(`${token}=admin;${visitorToken}=publish:*`),
      push: { allow: [functionAddress], concurrency: 100 },
      logLevel: "fatal",
    });
    const operator = await singleNodeSystem(redisUrl, namespace);
    const http = { url: server.url, token };
    return {
      system: httpSystem({ ...http, visitorToken, operator }),
      topicName: async () => uniqueName(),
      ...directly(redisUrl),
      http,
      async stop() {
        await server.stop();
        await operator.close();
      },
    };
  },
};
