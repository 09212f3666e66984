import { httpTaskGroup, httpTaskTopic, TidegateError } from "@tidegate/contracts";
import { eventually, manualClock } from "@tidegate/testkit";
import { expect, test } from "vitest";
import { answers, endpoint, ok } from "../fixtures/endpoint.ts";
import { loopback } from "../fixtures/post.ts";
import { TaskOffice, toldOf } from "../fixtures/task-office.ts";
import { dispatchOnce } from "../once/dispatch-once.ts";

/** A step that never comes to settle: between its calls and the end a process dies. */
async function dieBeforeTheEnd(office: TaskOffice): Promise<void> {
  await new Promise<void>((reached) => {
    void dispatchOnce({
      engine: office.engine,
      allow: loopback,
      onResult: () => {
        reached();
        return new Promise(() => {});
      },
    });
  });
}

const step = (office: TaskOffice) => dispatchOnce({ engine: office.engine, allow: loopback });

test("who dies after the call and the callback has the call repeated, and nobody told twice", async () => {
  const clock = manualClock();
  const office = await new TaskOffice(clock.now).open();
  const shop = await endpoint(answers(200, {}, "first"));
  const caller = await endpoint();
  await office.enqueue({
    url: shop.url,
    callbackUrl: caller.url,
    failureCallbackUrl: caller.url,
    retries: 1,
  });
  await dieBeforeTheEnd(office);
  expect(await office.callbacks()).toHaveLength(1);
  // Even when the second call comes to something else, for good.
  shop.behaviour = answers(404);
  clock.advance(60_000);
  while ((await step(office)).delivered + (await office.deadLetters()).length < 2) clock.advance(1);
  expect(shop.heard).toHaveLength(2);
  expect(await office.callbacks()).toHaveLength(1);
  expect(toldOf(caller.heard)).toMatchObject([{ type: "http-task.completed", output: { body: "first" } }]);
});

test("nobody is told twice, wherever the two who want to know are", async () => {
  const clock = manualClock();
  const office = await new TaskOffice(clock.now).open({}, 8);
  const shop = await endpoint();
  const caller = await endpoint();
  const others = await Promise.all(Array.from({ length: 5 }, () => endpoint()));
  await office.enqueue(
    ...others.map((other, index) => ({
      url: shop.url,
      flowKey: `k${index}`,
      callbackUrl: caller.url,
      failureCallbackUrl: other.url,
      retries: 1,
    })),
  );
  await dieBeforeTheEnd(office);
  await eventually("all have called back", async () => (await office.callbacks()).length === 5);
  shop.behaviour = answers(404);
  clock.advance(60_000);
  await eventually("all are given up", async () => {
    await step(office);
    clock.advance(1);
    return (await office.deadLetters()).length === 5;
  });
  expect((await office.callbacks()).map(({ type }) => type)).toEqual(Array(5).fill("http-task.completed"));
  expect(caller.heard).toHaveLength(5);
});

test("a task is called at least once, however few attempts it has, when a process dies", async () => {
  const clock = manualClock();
  const office = await new TaskOffice(clock.now).open();
  const shop = await endpoint();
  await office.enqueue({ url: shop.url, retries: 0 });
  // Taken, and never called.
  await office.engine.groups.receive(httpTaskTopic, httpTaskGroup);
  clock.advance(60_000);
  expect(await step(office)).toMatchObject({ delivered: 1, failed: 0 });
  expect(shop.heard).toHaveLength(1);
});

test("a task whose attempts were all lost with their processes is given up, and is told", async () => {
  const clock = manualClock();
  const office = await new TaskOffice(clock.now).open();
  const shop = await endpoint(answers(200));
  const caller = await endpoint();
  await office.enqueue({ url: shop.url, failureCallbackUrl: caller.url, retries: 1 });
  for (let attempt = 1; attempt <= 12; attempt += 1) {
    await dieBeforeTheEnd(office);
    clock.advance(60_000);
  }
  while (caller.heard.length < 1) {
    await step(office);
    clock.advance(1);
  }
  expect(shop.heard).toHaveLength(12);
  expect((await office.deadLetters())[0]).toMatchObject({
    reason: "Too many attempts were not settled before their deadline",
  });
  expect(toldOf(caller.heard)).toMatchObject([{ type: "http-task.failed", attempts: 2, output: null }]);
});

test("a dispatcher that is killed with calls under way has them called again by another", async () => {
  const office = await new TaskOffice().open({ leaseMs: 500 });
  const shop = await endpoint(() => {});
  await office.enqueue({ url: shop.url });
  const killed = office.dispatchElsewhere();
  await shop.requests(1);
  killed.kill("SIGKILL");
  shop.behaviour = ok;
  office.dispatch();
  await shop.requests(2);
  await office.drained();
  const ids = shop.heard.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size).toBe(1);
});

test("what cannot be told waits: nothing is settled that somebody wants to know of", async () => {
  const office = await new TaskOffice().open();
  const shop = await endpoint();
  const caller = await endpoint();
  await office.enqueue({ url: shop.url, callbackUrl: caller.url });
  const append = office.engine.append.bind(office.engine);
  let refuses = true;
  office.engine.append = (...args) =>
    refuses ? Promise.reject(new TidegateError("OVERLOADED", "Redis is full")) : append(...args);
  const { events } = office.dispatch();
  const held = await events.next("held");
  expect(held.reason).toBe("its callback could not be published");
  expect((await office.look(0)).state).not.toBe("done");
  refuses = false;
  await caller.requests(1);
  await office.drained();
  expect((await office.look(0)).state).toBe("done");
});

test("a step without a process goes on with other hosts when one wants a pause", async () => {
  const office = await new TaskOffice().open();
  const busy = await endpoint(answers(503));
  const well = await endpoint();
  for (let count = 0; count < 20; count += 1) await office.enqueue({ url: busy.url }, { url: well.url });
  expect(await step(office)).toMatchObject({ delivered: 20, failed: 0, left: false });
  expect(well.heard).toHaveLength(20);
  expect(busy.heard.length).toBeLessThan(10);
  expect((await office.deadLetters()).length).toBe(0);
});

test("a step holds what it calls for as long as the task may take", async () => {
  const clock = manualClock();
  const office = await new TaskOffice(clock.now).open();
  const shop = await endpoint(async (_heard, response) => {
    const { partitions } = await office.engine.groups.describe(httpTaskTopic, httpTaskGroup);
    response.writeHead(200).end(String(partitions[0]!.leases[0]!.deadline - clock.now()));
  });
  await office.enqueue({ url: shop.url, timeoutMs: 900_000 });
  await step(office);
  expect(JSON.parse((await office.look(0)).resultText!)).toMatchObject({ body: "915000" });
});

test("dispatchers that are killed all the time: each task ends, and each end is told once", async () => {
  const office = await new TaskOffice().open({ leaseMs: 500, backoff: { initialMs: 10, maxMs: 50 } }, 4);
  const total = 120;
  const calls = new Map<string, number>();
  const shop = await endpoint((heard, response) => {
    const call = (calls.get(heard.raw) ?? 0) + 1;
    calls.set(heard.raw, call);
    // By the task and the call: well, unwell, gone, or broken off.
    const fate = (Number(heard.raw) * 7 + call * 3) % 10;
    if (fate < 6) response.writeHead(200).end();
    else if (fate < 8) response.writeHead(500).end();
    else if (fate < 9) response.writeHead(404).end();
    else response.socket!.destroy();
  });
  const caller = await endpoint();
  const tasks = Array.from({ length: total }, (_, number) => ({
    url: shop.url,
    body: String(number),
    flowKey: `k${number % 20}`,
    callbackUrl: caller.url,
    failureCallbackUrl: `${caller.url}?failed`,
  }));
  await office.enqueue(...tasks);
  for (let killed = 0; killed < 4; killed += 1) {
    const before = shop.heard.length;
    const dispatchers = [office.dispatchElsewhere(), office.dispatchElsewhere()];
    await eventually(
      "some are called",
      () => shop.heard.length >= before + 20 || calls.size === total,
      30_000,
    );
    for (const one of dispatchers) one.kill("SIGKILL");
  }
  office.dispatch();
  const told = () => new Set(toldOf(caller.heard).map(({ id }) => id)).size;
  await eventually("all are told", () => told() === total, 50_000);
  await office.drained();
  expect(calls.size).toBe(total);
  expect(await office.callbacks()).toHaveLength(total);
  expect((await office.engine.audit(httpTaskTopic)).findings).toEqual([]);
}, 120_000);
