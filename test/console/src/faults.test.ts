import { eventually, startRedis, type TestRedis, testNamespace } from "@tidegate/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsoleBrowser, openBrowser, patience, see, shoot } from "./open-browser.ts";
import { type ConsoleServer, startConsoleServer } from "./start-console-server.ts";

let redis: TestRedis;
let server: ConsoleServer;
let browser: ConsoleBrowser;
const namespace = testNamespace();
beforeAll(async () => {
  [redis, browser] = await Promise.all([startRedis({ appendonly: "always" }), openBrowser()]);
  server = await startConsoleServer({ redisUrl: redis.url, namespace, tokens: "root=admin;old=read" });
  await server.client.topics.put("orders", { partitions: 2 });
  await server.client.groups.put("orders", "billing");
  await server.client.publish("orders", [{ value: 1 }, { value: 2 }]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await redis?.stop();
});

const visit = (path: string, token = "root") => browser.visit(`${server.url}/console${path}`, { token });
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });

test("Redis goes: the last figures stay, dimmed, under a banner; Redis comes back: they go on", async () => {
  const page = await visit("/");
  const group = await visit("/topics/orders/groups/billing/flow");
  await row(page, "orders").waitFor(patience);
  await group.getByText("What holds").waitFor(patience);
  await redis.kill();
  for (const each of [page, group]) {
    await each
      .getByTestId("banner")
      .getByText(/Redis (cannot be reached|does not answer)/)
      .waitFor(patience);
    await each.locator(".page[data-stale]").waitFor(patience);
  }
  await row(page, "orders").waitFor(patience);
  await shoot(page, "redis-gone");
  // What is done meanwhile is refused, and said so.
  await group.getByRole("button", { name: "Pause …" }).click();
  await group.getByRole("alertdialog").getByRole("button", { name: "Pause" }).click();
  await group
    .getByText(/REDIS_UNAVAILABLE|OVERLOADED/)
    .first()
    .waitFor(patience);
  await redis.restart();
  for (const each of [page, group]) {
    await each.getByTestId("banner").waitFor({ ...patience, state: "detached" });
    await each.locator(".page[data-stale]").waitFor({ ...patience, state: "detached" });
  }
  await server.client.publish("orders", { value: 3 });
  await eventually(
    "the new message is counted",
    async () => (await row(page, "orders").getByRole("cell").last().textContent()) === "3",
    patience.timeout,
  );
});

test("a topic that is deleted under the page is told to be gone", async () => {
  await server.client.topics.put("passing", { partitions: 1 });
  await server.client.groups.put("passing", "reader");
  await server.client.publish("passing", { value: 1 });
  const overview = await visit("/");
  const topic = await visit("/topics/passing/messages");
  const group = await visit("/topics/passing/groups/reader");
  await row(overview, "passing").waitFor(patience);
  await row(topic, "0").first().waitFor(patience);
  await group.getByRole("heading", { name: "reader" }).waitFor(patience);
  await server.client.topics.delete("passing");
  await row(overview, "passing").waitFor({ ...patience, state: "detached" });
  await see(topic, "There is no topic passing");
  await see(group, "There is no group reader of passing");
  // One that was never there is the same.
  const never = await visit("/topics/never");
  await see(never, "There is no topic never");
});

test("a server that is restarted is waited for; with another token the page asks, and keeps the place", async () => {
  const page = await visit("/topics/orders/messages?partition=1&from=0", "old");
  await page.getByText(/Partition 1 holds/).waitFor(patience);
  const { port } = server;
  await server.stop();
  await page.getByTestId("banner").getByText("The server cannot be reached").first().waitFor(patience);
  server = await startConsoleServer({ redisUrl: redis.url, namespace, tokens: "root=admin;new=read", port });
  const signIn = page.getByTestId("sign-in");
  await signIn.getByText("Your place is kept").waitFor(patience);
  await shoot(page, "token-expired");
  await signIn.getByLabel("Token").fill("new");
  await page.keyboard.press("Enter");
  await signIn.waitFor({ ...patience, state: "detached" });
  await page.getByTestId("banner").waitFor({ ...patience, state: "detached" });
  expect(page.url()).toContain("/topics/orders/messages?partition=1&from=0");
  await page.getByText(/Partition 1 holds/).waitFor(patience);
  expect(browser.complaints).toEqual([]);
});
