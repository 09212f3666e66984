import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startProxy } from "./start-proxy.ts";

/** A client behind a proxy, the server's end of its connection, and what the client gets until that ends. */
async function connected() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await startProxy((server.address() as AddressInfo).port);
  const client = connect(proxy.port, "127.0.0.1");
  const [upstream] = (await once(server, "connection")) as [Socket];
  onTestFinished(async () => {
    client.destroy();
    upstream.destroy();
    await proxy.stop();
    server.close();
  });
  let got = "";
  client.on("data", (data) => {
    got += data;
  });
  client.on("error", () => {});
  upstream.on("error", () => {});
  const ended = once(client, "close").then(() => got);
  return { proxy, upstream, ended };
}

/** Lets what was written come to the proxy. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test.each([0, 20])(
  "what a client gets until a reply is cut in the middle is a front of what was sent (delay %d ms)",
  async (delayMs) => {
    const { proxy, upstream, ended } = await connected();
    proxy.delay(delayMs);
    upstream.write("first ");
    await turns();
    proxy.cutMidReply();
    proxy.stall();
    for (const word of ["second ", "third ", "fourth "]) {
      upstream.write(word);
      await turns();
    }
    proxy.resume();
    const got = await ended;
    expect("first second third fourth ").toContain(got);
    expect(got).toMatch(/^first .+/);
    expect(got).not.toContain("fourth");
  },
);
