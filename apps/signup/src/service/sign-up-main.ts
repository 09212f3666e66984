import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { type ChildProgram, connectRedis, runChild } from "@tidegate/demo-kit";
import { Tasks } from "@tidegate/tasks/producer";
import { sendMail, sendText } from "../tasks.ts";
import { signUpApp } from "./sign-up-app.ts";
import { UserDatabase } from "./user-database.ts";

export interface SignUpSettings {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly databaseFile: string;
}

/** The service: listens on a free port, and tells its parent the address. */
function makeService(settings: SignUpSettings, tell: (url: string) => void): ChildProgram {
  const redis = connectRedis(settings.redisUrl);
  const users = new UserDatabase(settings.databaseFile);
  const tasks = new Tasks({ redis, namespace: settings.namespace, tasks: [sendMail, sendText] });
  let server: ServerType | null = null;
  return {
    async start() {
      const { fetch } = signUpApp(users, tasks);
      const { port } = await new Promise<AddressInfo>((resolve) => {
        server = serve({ fetch, hostname: "127.0.0.1", port: 0 }, resolve);
      });
      tell(`http://127.0.0.1:${port}`);
    },
    async stop() {
      await new Promise<unknown>((resolve) => (server ? server.close(resolve) : resolve(null)));
      await tasks.close();
      redis.disconnect();
      users.close();
    },
  };
}

runChild("sign-up service", makeService);
