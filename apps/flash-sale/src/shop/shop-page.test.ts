import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromiumFlags, eventually, findChromium } from "@tidegate/testkit";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { type RunningShop, startShop } from "./start-shop.ts";

const stock = 150;
const crowd = 100;
/** One visitor in twelve closes the page. */
const leavers = Math.floor(crowd / 12);
const artifacts = fileURLToPath(new URL("../../artifacts/", import.meta.url));
const patience = { timeout: 90_000 };

let shop: RunningShop;
let browser: Browser;
beforeAll(async () => {
  mkdirSync(artifacts, { recursive: true });
  browser = await chromium.launch({
    executablePath: findChromium({ install: false }),
    args: [...chromiumFlags],
  });
  shop = await startShop({
    ...{ stock, drainPerSecond: 15, countdownMs: 25_000 },
    ...{ port: 0, redisUrl: inject("redisUrl") },
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await shop?.stop();
});

/** A visitor's browser on the page; what the page complains of is kept. */
async function visit(
  options: BrowserContextOptions = {},
  where = shop,
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(where.url);
  await page.waitForSelector(".panel[data-phase='outside']", patience);
  return { page, complaints };
}

const phase = (page: Page, ...names: string[]) =>
  page.waitForSelector(names.map((name) => `.panel[data-phase='${name}']`).join(), patience);
const shoot = (page: Page, name: string) =>
  page.screenshot({ path: `${artifacts}${name}.png`, fullPage: true });
const numberOf = async (page: Page, selector: string) =>
  Number((await page.textContent(selector))!.replace(/\D/g, ""));

async function expectToFit(page: Page): Promise<void> {
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(needed).toBeLessThanOrEqual(there!);
}

test("a visitor waits, is called, buys, and sees the order confirmed", { timeout: 240_000 }, async () => {
  const { page, complaints } = await visit();
  // A new sale, so that its whole countdown is still to come, however long the start took.
  await page.click("text=New sale");
  await page.waitForSelector("#lever-note:has-text('A new sale')", patience);
  await expectToFit(page);

  // With the keyboard alone.
  await page.focus("text=Join the waiting line");
  await page.keyboard.press("Enter");
  await phase(page, "gathered");
  expect(await page.textContent("#announcement")).toContain("You are in");
  await page.selectOption("#spike-size", String(crowd));
  await page.click("text=Release a spike");
  await page.waitForSelector(`#lever-note:has-text('${crowd} visitors have joined')`, patience);
  await shoot(page, "shop-countdown");

  // Left and come back to before the start: the place is kept.
  await page.reload();
  await phase(page, "gathered", "in line", "turn");
  await page.locator("summary").click();
  await page.waitForSelector("#seed-verdict:has-text('what was promised')", patience);
  expect(await page.textContent("#seed-verdict")).toBe("✓ is what was promised");

  // Somebody else comes when the line is running, on a phone, in the dark.
  const late = await visit({
    viewport: { width: 360, height: 740 },
    colorScheme: "dark",
    reducedMotion: "reduce",
  });
  await late.page.click("text=Join the waiting line");
  await phase(late.page, "in line");
  expect(await numberOf(late.page, ".figure b")).toBeGreaterThan(0);
  await expectToFit(late.page);
  await shoot(late.page, "shop-line-narrow-dark");

  await phase(page, "turn");
  expect(await page.title()).toContain("Your turn");
  await shoot(page, "shop-turn");
  await page.focus("text=Buy the lantern");
  await page.keyboard.press("Enter");
  await phase(page, "ordered");
  await page.waitForSelector("h2:has-text('The lantern is yours')", patience);
  // The order worker's own result, by the ticket.
  expect(await page.textContent(".figure b")).toMatch(/^No\. \d+$/);
  await shoot(page, "shop-confirmed");
  // A reload asks the ticket again, and does not order again.
  await page.reload();
  await page.waitForSelector("h2:has-text('The lantern is yours')", patience);

  await phase(late.page, "turn");
  await late.page.click("text=Buy the lantern");
  await late.page.waitForSelector("h2:has-text('The lantern is yours')", patience);
  await shoot(late.page, "shop-confirmed-narrow-dark");

  // All have bought who did not leave: two of them in browsers.
  await eventually(
    "everybody's order",
    async () => (await numberOf(page, "#stock-left")) === stock - (crowd - leavers + 2) || undefined,
    60_000,
  );
  expect(await page.getAttribute("#plots article:nth-child(4) svg", "aria-label")).toContain(
    `${stock - (crowd - leavers + 2)} left now`,
  );
  expect([...complaints, ...late.complaints]).toEqual([]);
});

test("of two visitors for one lantern one has it, and the other is told", { timeout: 180_000 }, async () => {
  const small = await startShop({
    ...{ stock: 1, drainPerSecond: 10, countdownMs: 5_000 },
    ...{ port: 0, redisUrl: inject("redisUrl") },
  });
  onTestFinished(() => small.stop());
  const pages = [(await visit({}, small)).page, (await visit({}, small)).page];
  for (const page of pages) await page.click("text=Join the waiting line");
  const lucky = await Promise.race(pages.map((page) => phase(page, "turn").then(() => page)));
  const other = pages.find((page) => page !== lucky)!;
  await phase(other, "in line");
  expect(await other.textContent("#panel")).toContain("You are next");
  await lucky.click("text=Buy the lantern");
  await phase(other, "sold out");
  expect(await other.textContent("#announcement")).toContain("Sold out");
  await lucky.waitForSelector("h2:has-text('The lantern is yours')", patience);
});

test("visitors get nothing through the shop that is the operator's", async () => {
  const ask = (method: string, path: string, headers = {}) => fetch(shop.url + path, { method, headers });
  for (const [method, path] of [
    ["GET", "/v1/topics/orders"],
    ["PUT", "/v1/topics/orders"],
    ["DELETE", "/v1/topics/orders/line"],
    ["PUT", "/v1/topics/orders/line"],
    ["GET", "/v1/topics"],
    ["POST", "/v1/topics/orders/groups/database/receive"],
    ["GET", "/v1/topics/orders/line?x=1"],
    ["POST", "/operator/spike?visitors=0"],
    ["POST", "/operator/spike?visitors=5001"],
    ["GET", "/../package.json"],
  ] as const)
    expect((await ask(method, path)).status, `${method} ${path}`).toBe(404);
  expect((await ask("POST", "/operator/sale", { origin: "https://elsewhere.example" })).status).toBe(403);
  const order = await fetch(`${shop.url}/v1/topics/orders/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer guessed" },
    body: JSON.stringify({ messages: [{ key: "pushy", value: 1 }] }),
  });
  expect(await order.json()).toMatchObject({ code: "ADMISSION_REQUIRED" });
});
