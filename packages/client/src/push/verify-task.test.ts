import type { TaskCallback } from "@tidegate/contracts";
import { describe, expect, test } from "vitest";
import { foreignKey, keys, requestOf, signed, signedPush, wireMessage } from "./fixtures/signed-push.ts";
import { verifyPush } from "./verify-push.ts";
import { verifyCallback, verifyHttpTask } from "./verify-task.ts";

const told: TaskCallback = {
  type: "task.completed",
  task: "send-mail",
  id: "r1",
  attempts: 1,
  output: { messageId: "m" },
  error: null,
};
const callbackId = "callback:t0:0-17";
const taskId = "http-task:t0:0-17";
const callback = (id = callbackId) => requestOf(signed(JSON.stringify(told), { id }));
const { body: pushBody } = signedPush([wireMessage(0, 1)]);

test("a callback and an HTTP task are told from what is sent under another key", async () => {
  expect(await verifyCallback(callback(), { keys })).toEqual({ ...told, webhookId: callbackId });
  expect(await verifyHttpTask(requestOf(signed("é", { id: taskId })), { keys })).toEqual({
    body: "é",
    webhookId: taskId,
    timeoutMs: null,
  });
  for (const [verify, id] of [
    [verifyCallback, callbackId],
    [verifyHttpTask, taskId],
  ] as const) {
    const forged = requestOf(signed(JSON.stringify(told), { id, key: foreignKey }));
    await expect(verify(forged, { keys })).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
    await expect(
      verify(requestOf(signed(JSON.stringify(told), { id })), { keys, seen: () => true }),
    ).rejects.toMatchObject({ code: "SIGNATURE_REPLAYED" });
  }
});

describe("what one kind of request is signed for is refused by who waits for another", () => {
  const wrong = { code: "INVALID", details: { field: "webhook-id" } };
  test.each([taskId, callbackId])("a body of a push under %s", async (id) => {
    await expect(verifyPush(requestOf(signed(pushBody, { id })), { keys })).rejects.toMatchObject(wrong);
  });
  test("a body of a callback in an HTTP task, or in a push", async () => {
    await expect(verifyCallback(callback(taskId), { keys })).rejects.toMatchObject(wrong);
    await expect(verifyCallback(callback("t0:billing:0-0"), { keys })).rejects.toMatchObject(wrong);
  });
  test("a push, or a callback, as an HTTP task", async () => {
    await expect(verifyHttpTask(requestOf(signedPush([])), { keys })).rejects.toMatchObject(wrong);
    await expect(verifyHttpTask(callback(), { keys })).rejects.toMatchObject(wrong);
  });
});
