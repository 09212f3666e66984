import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromiumFlags, findChromium } from "@tidegate/testkit";
import { type Browser, chromium, type Page } from "playwright-core";

const artifacts = fileURLToPath(new URL("../artifacts/", import.meta.url));
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

export interface Look {
  readonly size?: keyof typeof sizes;
  readonly scheme?: "light" | "dark";
  /** As if it had been signed in with. */
  readonly token?: string;
}

/** A browser whose pages are all watched. */
export interface ConsoleBrowser {
  /** A page of its own, at an address. */
  visit(url: string, look?: Look): Promise<Page>;
  /** What pages complained of: errors of scripts, and whatever their policy had to refuse. Answers that are no success are none. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Waits are for whatever a machine that has more to do needs. */
export const patience = { timeout: 90_000 };

export async function openBrowser(): Promise<ConsoleBrowser> {
  mkdirSync(artifacts, { recursive: true });
  const browser: Browser = await chromium.launch({
    executablePath: findChromium({ install: false }),
    args: [...chromiumFlags],
  });
  const complaints: string[] = [];
  return {
    complaints,
    async visit(url, { size = "wide", scheme = "light", token } = {}) {
      const context = await browser.newContext({
        viewport: sizes[size],
        colorScheme: scheme,
        reducedMotion: "reduce",
      });
      const page = await context.newPage();
      page.setDefaultTimeout(patience.timeout);
      page.on("pageerror", (error) => complaints.push(`${url}: ${error.message}`));
      page.on("dialog", (dialog) => {
        complaints.push(`${url}: a dialog of the browser: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("console", (message) => {
        const text = message.text();
        if (message.type() !== "error" && message.type() !== "warning") return;
        if (!/^Failed to load resource/.test(text)) complaints.push(`${url}: ${text}`);
      });
      if (token !== undefined)
        await page.addInitScript((given) => {
          if (sessionStorage.getItem("tidegate.token") === null)
            sessionStorage.setItem("tidegate.token", given);
        }, token);
      await page.goto(url);
      return page;
    },
    close: () => browser.close(),
  };
}

/** Keeps a picture with the run's artifacts. */
export function shoot(page: Page, name: string): Promise<Buffer> {
  return page.screenshot({ path: `${artifacts}${name}.png` });
}

/** Waits for a text somewhere on the page. */
export function see(page: Page, text: string | RegExp, within = "#root"): Promise<void> {
  return page.locator(within).getByText(text).first().waitFor(patience);
}

/** How much wider the page is than its window: nothing may be. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What keeps people from using the page, as axe finds it: contrast, names, roles, order. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof import("axe-core") }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
