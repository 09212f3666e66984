import { expect } from "vitest";
import type { Area } from "../story.ts";
import { messagesOf } from "../text.ts";

/** Tickets as they go over HTTP: caching, forgeries, server-sent events. */
export const ticketWire: Area = ({ story }) => {
  story("a ticket is cacheable, and cannot be forged", {}, async ({ system, topic, http }) => {
    const { outcomes } = await system.publish(topic, messagesOf(["a"]));
    const [first] = outcomes;
    if (first?.status !== "appended") throw new Error("not appended");
    const url = `${http!.url}/v1/tickets/${first.receipt}`;
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "public, max-age=1"]);
    const again = await fetch(url, { headers: { "if-none-match": answer.headers.get("etag")! } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const letters = first.receipt.split("");
    for (const at of [0, 5, 20, letters.length - 1]) {
      const forged = letters.with(at, letters[at] === "A" ? "B" : "A").join("");
      for (const path of [forged, `${forged}/events`]) {
        const refused = await fetch(`${http!.url}/v1/tickets/${path}`);
        expect(refused.status).toBe(404);
        expect(await refused.json()).toMatchObject({ code: "NOT_FOUND", retryable: false });
      }
    }
  });

  story("events of a ticket begin with what is, and a known end is said by 204", {}, async (stage) => {
    const { system, topic, http } = stage;
    await system.putGroup(topic, "g");
    const { outcomes } = await system.publish(topic, messagesOf(["a"]));
    const [first] = outcomes;
    if (first?.status !== "appended") throw new Error("not appended");
    const url = `${http!.url}/v1/tickets/${first.receipt}/events`;
    const open = await fetch(url);
    expect(open.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const reader = open.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n\n")) text += (await reader.read()).value ?? "";
    expect(text).toMatch(/^retry: \d+\nevent: state\nid: waiting-0\ndata: \{"state":"waiting","position":0,/);
    await reader.cancel();
    await system.putResult(topic, "g", 0, 0, 7);
    const last = await (await fetch(url)).text();
    expect(last).toContain('data: {"state":"done","position":null,"etaMs":null,"result":7}');
    const known = await fetch(url, { headers: { "last-event-id": /^id: (.*)$/m.exec(last)![1]! } });
    expect(known.status).toBe(204);
  });
};
