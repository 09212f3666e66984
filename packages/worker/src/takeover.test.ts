import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, inject, onTestFinished, test } from "vitest";
import { numberOf, Tally, upTo, workshop } from "./fixtures/workshop.ts";

const program = fileURLToPath(new URL("./fixtures/killable-worker.ts", import.meta.url));

test.each([["none"], ["partition"]] as const)(
  "what a killed process had comes back after its deadline, to another, in a group ordered by %s",
  async (ordering) => {
    const shop = await workshop({ group: { ordering, leaseMs: 1_000 } });
    await shop.publish(40);
    const args = [
      "--conditions=tidegate-source",
      program,
      inject("redisUrl"),
      shop.namespace,
      shop.topic,
      shop.group,
    ];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = await once(createInterface(child.stdout), "line");
    expect(line).toBe(upTo(10).join(","));
    child.kill("SIGKILL");
    await once(child, "exit");
    const seen = new Tally<[number, number]>();
    const worker = shop.worker({ handler: (message) => seen.add([numberOf(message), message.attempt]) });
    await worker.start();
    await seen.reaches(40);
    await worker.stop();
    const numbers = seen.seen.map(([number]) => number);
    if (ordering === "partition") expect(numbers).toEqual(upTo(40));
    expect(numbers.sort((one, other) => one - other)).toEqual(upTo(40));
    // Those that the killed process had leased have spent an attempt, those that it had not reached have not.
    const again = seen.seen.filter(([, attempt]) => attempt === 2).map(([number]) => number);
    expect(again).toEqual(expect.arrayContaining(upTo(10)));
    expect(again.length).toBeLessThan(40);
    expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  },
);
