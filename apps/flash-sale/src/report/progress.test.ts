import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { ProgressLine } from "./progress.ts";

function screen(isTTY: boolean) {
  const written: string[] = [];
  const out = new Writable({
    write(text, _, done) {
      written.push(String(text));
      done();
    },
  });
  return { out: Object.assign(out, { isTTY }), written };
}

const numbers = { requests: 22_600, accepted: 991, refused: 21_009, written: 7 };

test("on a terminal one line is drawn anew", () => {
  const { out, written } = screen(true);
  const line = new ProgressLine(out);
  line.show({ phase: "selling", ...numbers });
  line.clear();
  expect(written).toEqual([
    "\r\x1b[Kselling … 22,600 requests · 991 accepted · 21,009 rejected · 7 orders written",
    "\r\x1b[K",
  ]);
});

test("elsewhere each phase is one line", () => {
  const { out, written } = screen(false);
  const line = new ProgressLine(out);
  for (const phase of ["selling", "selling", "draining"]) line.show({ phase, ...numbers });
  line.clear();
  expect(written).toEqual(["selling …\n", "draining …\n"]);
});
