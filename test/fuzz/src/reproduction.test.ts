import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { asCommand } from "./reproduction.ts";
import { encodeRequest, type WireRequest } from "./wire/request.ts";

const request: WireRequest = {
  method: "PUT",
  target: "/v1/topics/a",
  headers: [
    ["Host", "localhost"],
    ["Content-Type", "application/json"],
  ],
  body: Buffer.from(`{"it's":1}`),
  framing: "length",
};

test("a plain request is a line for curl", () => {
  expect(asCommand(request)).toBe(
    `curl -i --path-as-is -X PUT 'http://127.0.0.1:8080/v1/topics/a' -H 'Content-Type: application/json' --data-binary '{"it'\\''s":1}'`,
  );
  expect(asCommand({ ...request, method: "GET", body: null })).not.toContain("--data-binary");
});

test("what curl cannot send is sent byte for byte", () => {
  const odd = { ...request, raw: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)) };
  const line = asCommand(odd);
  expect(line).toMatch(/\| nc -N 127\.0\.0\.1 8080$/);
  const bytes = execFileSync("bash", ["-c", line.replace(/ \| nc .*$/, "")]);
  expect(bytes).toEqual(encodeRequest(odd));
});
