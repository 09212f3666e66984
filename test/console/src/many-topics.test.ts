import { eventually, testNamespace } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type ConsoleBrowser, openBrowser, patience, shoot } from "./open-browser.ts";
import { type ConsoleServer, startConsoleServer } from "./start-console-server.ts";

const topics = 100;
/** Of one of them. Of the others two: figures of fresh partitions are read 64 a second. */
const partitions = 64;
/** As many at a time as a server makes without hurry. */
const atATime = 10;

let server: ConsoleServer;
let browser: ConsoleBrowser;
beforeAll(async () => {
  [server, browser] = await Promise.all([
    startConsoleServer({ redisUrl: inject("redisUrl"), namespace: testNamespace() }),
    openBrowser(),
  ]);
  const names = Array.from({ length: topics }, (_, index) => `topic-${String(index).padStart(3, "0")}`);
  for (let from = 0; from < topics; from += atATime)
    await Promise.all(
      names
        .slice(from, from + atATime)
        .map((name) => server.client.topics.put(name, { partitions: name === "topic-050" ? partitions : 2 })),
    );
  await server.client.groups.put("topic-050", "reader");
  await server.client.publish("topic-050", { value: 1 });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("of 100 topics, and of 64 partitions, the page holds and asks for what is on screen", async () => {
  const page = await browser.visit(`${server.url}/console/`);
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/")) asked.push(pathname);
  });
  await page.getByText("topic-000").waitFor(patience);
  await page.getByRole("heading", { name: `Topics ${topics}` }).waitFor(patience);
  asked.length = 0;
  const rows = page.locator("main .table").getByRole("row");
  expect(await rows.count()).toBeLessThan(40);
  await rows.nth(1).focus();
  await page.keyboard.press("End");
  await page.getByText("topic-099").waitFor(patience);
  expect(await rows.count()).toBeLessThan(40);
  await shoot(page, "many-topics");
  expect(asked).toEqual([]);

  await page.getByLabel("Filter topics by name").fill("050");
  await eventually("one row", async () => (await rows.count()) === 2, patience.timeout);
  await rows.nth(1).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Partitions" }).click();
  await page.getByRole("table", { name: "Partitions of topic-050" }).waitFor(patience);
  expect(await page.locator("main .table").getAttribute("aria-rowcount")).toBe(String(partitions + 1));
  expect(await rows.count()).toBeLessThan(40);
  expect([...new Set(asked)].sort()).toEqual(["/v1/overview/events", "/v1/topics/topic-050"]);
  expect(browser.complaints).toEqual([]);
});
