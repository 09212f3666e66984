import { expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { startReplicaPair } from "./start-replica-pair.ts";

test("the replica follows, and is a master once promoted", async () => {
  const pair = await startReplicaPair();
  onTestFinished(() => pair.stop());
  const master = pair.master.client();
  const replica = pair.replica.client();
  await master.set("a", 1);
  expect(await master.wait(1, 1_000)).toBe(1);
  expect(await replica.get("a")).toBe("1");
  await expect(replica.set("b", 1)).rejects.toThrow("READONLY");
  await pair.master.kill();
  await pair.promote();
  await eventually("it takes writes", () => replica.set("b", 1));
});
