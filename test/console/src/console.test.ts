import { eventually, testNamespace } from "@tidegate/testkit";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { fillShop, shop } from "./fill-shop.ts";
import { hostile } from "./hostile-text.ts";
import {
  barriers,
  type ConsoleBrowser,
  openBrowser,
  overflow,
  patience,
  see,
  shoot,
} from "./open-browser.ts";
import { runShopTasks } from "./run-tasks.ts";
import { type ConsoleServer, startConsoleServer } from "./start-console-server.ts";

let server: ConsoleServer;
let browser: ConsoleBrowser;
let stopTasks: () => Promise<void>;
let ticket: string;
beforeAll(async () => {
  const namespace = testNamespace();
  const redisUrl = inject("redisUrl");
  [server, browser] = await Promise.all([
    startConsoleServer({ redisUrl, namespace, tokens: "root=admin;look=read;work=consume:orders/billing" }),
    openBrowser(),
  ]);
  ({ ticket } = await fillShop(server.client));
  stopTasks = await runShopTasks(redisUrl, namespace);
});
afterAll(async () => {
  await browser?.close();
  await stopTasks?.();
  await server?.stop();
});
afterEach(() => expect(browser.complaints).toEqual([]));

const at = (path: string) => `${server.url}/console${path}`;
const visit = (path: string, token = "root") => browser.visit(at(path), { token });
const row = (page: Page, text: string | RegExp) => page.getByRole("row").filter({ hasText: text });
const dialog = (page: Page) => page.getByRole("alertdialog");

test("a browser that asks for the server is shown the console, and asked for a token", async () => {
  const page = await browser.visit(server.url);
  expect(page.url()).toBe(at("/"));
  const signIn = page.getByTestId("sign-in");
  await signIn.getByText("This server asks for a token").waitFor(patience);
  const enter = async (token: string) => {
    await signIn.getByLabel("Token").fill(token);
    await page.keyboard.press("Enter");
  };
  await enter("guessed");
  await signIn.getByText("no longer takes the token").waitFor(patience);
  // Known, and good for one group only.
  await enter("work");
  await signIn.getByText("needs one with the scope read or admin").waitFor(patience);
  await enter("look");
  await row(page, "payments").waitFor(patience);
  expect(await page.evaluate(() => [sessionStorage.length, localStorage.length])).toEqual([1, 0]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn.getByText("You have signed out").waitFor(patience);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test("who may only look finds every lever, and why it is not his", async () => {
  const page = await visit("/topics/payments/groups/ledger/dead-letters", "look");
  await see(page, "Read only");
  await row(page, "the bank answered 400").first().waitFor(patience);
  for (const name of ["Pause …", "Seek …", "Redrive all …"]) {
    const button = page.getByRole("button", { name });
    expect(await button.getAttribute("aria-disabled")).toBe("true");
    expect(await button.getAttribute("title")).toContain("scope admin");
  }
  await page.getByRole("button", { name: "Pause …" }).dispatchEvent("click");
  await page.getByText("Your token may look, not act").first().waitFor(patience);
  expect(await dialog(page).count()).toBe(0);
});

test("the overview says how things stand, and goes on by itself", async () => {
  const page = await visit("/");
  await row(page, "orders").waitFor(patience);
  expect(await page.getByTestId("verdict").textContent()).not.toBe("");
  const messages = () => row(page, "mails").getByRole("cell").last().textContent();
  await eventually("the figures of the topic", async () => (await messages()) === "90", patience.timeout);
  await server.client.publish(
    "mails",
    Array.from({ length: 10 }, (_, index) => ({ key: "club.example", value: index })),
  );
  await eventually("ten more, without a reload", async () => (await messages()) === "100", patience.timeout);
  await see(page, "7 dead letters");
  await shoot(page, "overview");

  // Sorted by lag, the other way round, and filtered.
  const rows = page.getByRole("table", { name: "Topics" }).getByRole("row");
  const first = () => rows.nth(1).textContent();
  await page.getByRole("button", { name: "Lag" }).click();
  expect(await first()).toContain("orders");
  await page.getByRole("button", { name: "Lag" }).click();
  expect(await first()).toContain("clicks");
  await page.getByLabel("Filter topics by name").fill("Mail");
  await eventually("one row", async () => (await rows.count()) === 2, patience.timeout);
  await page.getByLabel("Filter topics by name").fill("nobody");
  await see(page, "No topic has “nobody” in its name");
});

test("the keyboard alone goes from the overview to a message and back", async () => {
  const page = await visit("/");
  await row(page, "clicks").waitFor(patience);
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
  await row(page, "clicks").focus();
  for (let step = 0; step < 6; step++) await page.keyboard.press("ArrowDown");
  await eventually(
    "the last row has the keyboard",
    async () => (await page.evaluate(() => document.activeElement?.textContent))?.startsWith("strange"),
    patience.timeout,
  );
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "strange", level: 1 }).waitFor(patience);
  await page.getByRole("link", { name: "Messages" }).focus();
  await page.keyboard.press("Enter");
  const message = row(page, "0xfffe00");
  await message.waitFor(patience);
  await message.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("no value").waitFor(patience);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ ...patience, state: "detached" });
  // Where one was.
  await eventually(
    "the row has the keyboard again",
    () => page.evaluate(() => document.activeElement?.getAttribute("data-index") === "1"),
    patience.timeout,
  );
});

test("text that wants to be more stays text, wherever it stands", async () => {
  const page = await visit("/topics/strange/messages");
  await row(page, "0xfffe00").waitFor(patience);
  for (let index = 0; index < shop.strange; index++) {
    await page.locator(`[data-index="${index}"]`).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("Headers").waitFor(patience);
    if (index === 5) {
      expect(await drawer.getByTestId("value").textContent()).toBe(
        JSON.stringify({ html: hostile.image, [hostile.script]: hostile.vector }, null, 2),
      );
      await shoot(page, "hostile-message");
    }
    if (index === 4) {
      // What turns text around, and what is not seen, is spelt out.
      expect(await drawer.textContent()).toContain("invoice\\u202efdp.exe\\u0000\\u0007end");
      expect(await drawer.getByTestId("value").textContent()).toBe(hostile.script);
    }
    if (index === 3) {
      const lines = (await drawer.getByTestId("value").textContent())!.split("\n");
      expect(lines).toHaveLength(4);
      expect(lines[2]).toBe("00000020  80 84 88 8c 90 94 98 9c  a0 a4 a8 ac b0 b4 b8 bc  ................");
    }
    if (index === 0) {
      expect((await drawer.getByTestId("value").textContent())!.length).toBe(50_000);
      await drawer.getByRole("button", { name: /Show all/ }).click();
      expect((await drawer.getByTestId("value").textContent())!.length).toBeGreaterThan(80_000);
    }
    await page.keyboard.press("Escape");
    await drawer.waitFor({ ...patience, state: "detached" });
  }
  const holders = await visit("/topics/strange/groups/reader");
  await see(holders, hostile.vector);
  const letters = await visit("/topics/payments/groups/ledger/dead-letters");
  await see(letters, hostile.image);
  const runs = await visit("/tasks/send-mail/mail-0?state=failed");
  await runs.getByRole("dialog").getByText(hostile.image).first().waitFor(patience);
  await shoot(runs, "task-run");
  const key = await visit(`/topics/strange/messages?key=${encodeURIComponent(hostile.image)}`);
  await see(key, "1 message with the key");
  for (const each of [page, holders, letters, runs, key]) {
    expect(await each.evaluate(() => (window as { pwned?: unknown }).pwned)).toBeUndefined();
    // None of it has become an element.
    expect(await each.locator("img:not([src$='icon.svg']), svg:not(.sparkline), iframe").count()).toBe(0);
  }
});

test("messages are found by offset, by time and by key", async () => {
  const page = await visit("/topics/orders/messages");
  const read = async (how: string, fill: [label: string, value: string], partition?: string) => {
    await page.getByLabel("Read", { exact: true }).selectOption({ label: how });
    await page.getByLabel(fill[0], { exact: true }).fill(fill[1]);
    if (partition !== undefined) await page.getByLabel("Partition", { exact: true }).selectOption(partition);
    await page.getByRole("button", { name: "Read", exact: true }).click();
  };
  await see(page, /Partition 0 holds/);
  const { end } = (await server.client.topics.get("orders")).partitionStates[3]!;
  await read("from an offset", ["Offset", String(end - 5)], "3");
  await see(page, /Partition 3 holds/);
  await eventually(
    "five messages",
    async () => (await page.getByRole("row").count()) === 6,
    patience.timeout,
  );
  await page.getByRole("button", { name: "Older" }).click();
  const offset = String(Math.max(0, end - 55));
  await eventually("the page before", () => page.url().includes(`from=${offset}`), patience.timeout);
  await read("from a time", ["Time", "2040-01-01T00:00"]);
  await see(page, "No message from there on");
  await page.getByRole("button", { name: "To the latest" }).click();
  await row(page, /customer-/)
    .first()
    .waitFor(patience);

  const { messages } = await server.client.publish("orders", { key: "somebody", value: { note: "here" } });
  await read("by key", ["Key", "somebody"]);
  await see(page, "1 message with the key");
  await see(page, `of partition ${messages[0]!.partition}, to which this key goes`);
  await shoot(page, "messages-by-key");
});

test("a group is paused, resumed and moved, each time after it was said what that means", async () => {
  const page = await visit("/topics/orders/groups/analytics");
  const group = () => server.client.groups.get("orders", "analytics");
  await page.getByRole("button", { name: "Pause …" }).click();
  await see(page, /Nothing more of/, "body");
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ ...patience, state: "detached" });
  expect((await group()).paused).toBe(false);
  await page.getByRole("button", { name: "Pause …" }).click();
  await dialog(page).getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor(patience);
  expect((await group()).paused).toBe(true);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Pause …" }).waitFor(patience);
  expect((await group()).paused).toBe(false);

  await page.getByRole("button", { name: "Seek …" }).click();
  await dialog(page).getByText("are never handed to analytics").waitFor(patience);
  await shoot(page, "seek");
  await dialog(page).getByLabel("Go on").selectOption({ label: "at an offset of one partition" });
  await dialog(page).getByLabel("Partition").selectOption("2");
  await dialog(page)
    .getByLabel(/^Offset/)
    .fill("999999");
  await dialog(page).getByRole("button", { name: "Move it there" }).click();
  await page
    .getByText(/OFFSET_OUT_OF_RANGE/)
    .first()
    .waitFor(patience);
  await dialog(page)
    .getByLabel(/^Offset/)
    .fill("3");
  await dialog(page).getByRole("button", { name: "Move it there" }).click();
  await dialog(page).waitFor({ ...patience, state: "detached" });
  expect((await group()).partitions[2]!.committed).toBe(3);
});

test("limits are pinned, and a key is paused", async () => {
  const page = await visit("/topics/mails/groups/sender/flow");
  const flow = () => server.client.groups.flow("mails", "sender");
  await see(page, "5 in 1 s");
  await page.getByLabel("A key to pause").fill("bank.example");
  await page.getByRole("button", { name: "Pause this key" }).click();
  await row(page, "bank.example").getByRole("button", { name: "Resume" }).waitFor(patience);
  expect((await flow()).keys.find(({ key }) => key === "bank.example")?.paused).toBe(true);
  await page.getByRole("button", { name: "Pin …" }).first().click();
  await dialog(page).getByLabel("Messages").fill("7");
  await dialog(page).getByLabel("In flight at a time").fill("3");
  await dialog(page).getByRole("button", { name: "Pin" }).click();
  await see(page, "3 in flight (settings: 20 in flight)");
  expect((await flow()).pin).toEqual({ rate: { limit: 7, intervalMs: 1_000, burst: 7 }, concurrency: 3 });
  await shoot(page, "flow");
  await page.getByRole("button", { name: "Unpin" }).first().click();
  await page.getByRole("button", { name: "Unpin" }).waitFor({ ...patience, state: "detached" });
  expect((await flow()).pin).toBeNull();
});

test("dead letters are looked at, and handed to their group again, one and all", async () => {
  const page = await visit("/dead-letters");
  await row(page, "ledger").click();
  await see(page, `${shop.letters} dead letters`);
  await page.locator('[data-index="0"]').click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("the bank answered 400").first().waitFor(patience);
  await shoot(page, "dead-letter");
  await drawer.getByRole("button", { name: "Redrive" }).click();
  await page.getByText("1 message handed to ledger again").first().waitFor(patience);
  await see(page, `${shop.letters - 1} dead letters`);
  await page.getByRole("button", { name: "Redrive all …" }).click();
  await dialog(page).getByRole("button", { name: "Redrive all" }).click();
  await see(page, "No dead letter");
  expect((await server.client.deadLetters("payments", "ledger")).messages).toEqual([]);
});

test("gates, tickets, tasks and schedules", async () => {
  const gates = await visit("/gates");
  await see(gates, "lantern-2026");
  expect(await gates.getByLabel("320 of 500 admitted").count()).toBe(1);
  await see(gates, "This gate has none");
  const line = gates.locator(".facts").filter({ hasText: "Joined" });
  await line.getByText(/^open$/).waitFor(patience);
  expect(await line.textContent()).toContain(`Joined${shop.visitors}`);
  await shoot(gates, "gates");

  const tickets = await visit("/tickets");
  await tickets.getByLabel("Ticket").fill(ticket);
  await tickets.keyboard.press("Enter");
  await see(tickets, "It stands in its partition");
  await tickets.getByLabel("Ticket").fill("forged");
  await tickets.keyboard.press("Enter");
  await see(tickets, "No such ticket");

  const tasks = await visit("/tasks");
  await row(tasks, "send-mail").getByText("3", { exact: true }).waitFor(patience);
  await row(tasks, "send-mail").click();
  await row(tasks, "mail-2").waitFor(patience);
  await tasks.getByRole("link", { name: /^delayed/ }).click();
  await row(tasks, "mail-later").click();
  await tasks.getByRole("dialog").getByRole("button", { name: "Cancel it" }).click();
  await tasks.getByRole("dialog").getByText("cancelled", { exact: true }).waitFor(patience);
  expect((await server.client.tasks.get("send-mail", "mail-later")).state).toBe("cancelled");
  await tasks.keyboard.press("Escape");
  await tasks.getByRole("link", { name: /^failed/ }).click();
  const { startedAt } = await server.client.tasks.get("send-mail", "mail-1");
  await row(tasks, "mail-1").click();
  await tasks.getByRole("dialog").getByRole("button", { name: "Retry" }).click();
  await eventually(
    "the run was begun anew",
    async () => (await server.client.tasks.get("send-mail", "mail-1")).startedAt! > startedAt!,
    patience.timeout,
  );

  const schedules = await visit("/schedules");
  const nightly = row(schedules, "nightly");
  await nightly.getByRole("button", { name: "Pause" }).click();
  await nightly.getByRole("button", { name: "Resume" }).waitFor(patience);
  expect((await server.client.tasks.schedules.get("send-mail", "nightly")).paused).toBe(true);
  await nightly.getByRole("button", { name: "Resume" }).click();
  await nightly.getByRole("button", { name: "Pause" }).waitFor(patience);
  await nightly.getByRole("button", { name: "Remove …" }).click();
  await dialog(schedules).getByRole("button", { name: "Remove" }).click();
  await nightly.waitFor({ ...patience, state: "detached" });
  const ping = row(schedules, "calls https://shop.example/ping");
  await ping.getByRole("button", { name: "Remove …" }).click();
  await dialog(schedules).getByRole("button", { name: "Remove" }).click();
  await see(schedules, "Nothing is planned");
});

const places = {
  overview: "/",
  topic: "/topics/orders",
  messages: "/topics/strange/messages",
  settings: "/topics/lantern-sale/settings",
  group: "/topics/orders/groups/billing",
  flow: "/topics/mails/groups/sender/flow",
  gates: "/gates",
  tasks: "/tasks/send-mail",
} as const;

test("every page fits a phone, in the light and in the dark, and keeps nobody out", async () => {
  for (const scheme of ["light", "dark"] as const) {
    const page = await browser.visit(at("/"), { size: "phone", scheme, token: "root" });
    for (const [name, path] of Object.entries(places)) {
      await page.goto(at(path));
      await page.locator("main .panel").first().waitFor(patience);
      await eventually(
        `${path} is there`,
        async () => !(await page.locator("main").textContent())!.includes("Asking"),
        patience.timeout,
      );
      expect([name, await overflow(page)]).toEqual([name, 0]);
      expect([name, await barriers(page)]).toEqual([name, []]);
      await shoot(page, `phone-${scheme}-${name}`);
    }
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "Tickets" }).click();
    await page.getByRole("heading", { name: "Tickets" }).waitFor(patience);
    await page.getByRole("dialog").waitFor({ ...patience, state: "detached" });
  }
});
