import type { Chance } from "../chance.ts";
import { Literal } from "./render-json.ts";

const numbers = [
  ...[0, -0, -1, 1.5, 1e-7, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), Number.MAX_VALUE, Number.MIN_VALUE],
  ...["1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1E400", "0x10", "01", "1.", ".5", "+1", "--1"].map(
    (text) => new Literal(text),
  ),
  ...["9007199254740993", "99999999999999999999", "1e15", "1.0", "-0.0", "1e0", "5e-324"].map(
    (text) => new Literal(text),
  ),
];

/** Texts that trip up what splits, matches, escapes or measures. */
export const oddTexts: readonly string[] = [
  ...["", " ", "\0", "\n", "\r\n", "\t", ".", "..", "...", "/", "//", "\\", "'", '"', "`", "%", "%00", "%2f"],
  ...[
    "{}",
    "{tag}",
    "}{",
    "*",
    "?",
    ":",
    ";",
    ",",
    "#",
    "&",
    "=",
    "+",
    "null",
    "undefined",
    "true",
    "NaN",
    "0",
  ],
  ...[
    "-1",
    "1e3",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "all",
    "earliest",
    "latest",
    "time:",
  ],
  ...[
    "\ud800",
    "\udfff",
    "a\udc00b",
    "\u{1f600}",
    "e\u0301",
    "\u202e",
    "\ufeff",
    "\u2028",
    "\uffff",
    "ﬀ",
    "İ",
  ],
  ...["x".repeat(101), "x".repeat(201), "x".repeat(257), "k".repeat(1025), "é".repeat(513), "h".repeat(5000)],
  ...[
    "a.dlq",
    ".dlq",
    "a.b.dlq",
    "..dlq",
    "1999-13-45T99:99:99Z",
    "2030-01-01T00:00:00Z",
    "====",
    "YQ=",
    "YQ==",
  ],
  ...["EVAL", "$1\r\n", "*1\r\n$4\r\nPING\r\n", "<script>", "{{7*7}}", "../../etc/passwd", "%s%n"],
];

const literals = [
  "tru",
  "nul",
  "'a'",
  "undefined",
  "{,}",
  "[1,]",
  '"\\ud800"',
  '"\\x"',
  '"\n"',
  "{}{}",
  "/**/1",
];

/** A value that is of another kind than what is expected, or at the edge of it. */
export function oddValue(chance: Chance): unknown {
  switch (chance.int(0, 9)) {
    case 0:
    case 1:
    case 2:
      return chance.pick(numbers);
    case 3:
    case 4:
    case 5:
      return chance.pick(oddTexts);
    case 6:
      return nested(chance);
    case 7:
      return new Literal(chance.pick(literals));
    case 8:
      return chance.pick([null, true, false, [], {}, [[]], [null], [{}], { "": null }, { all: true }]);
    default:
      return many(chance);
  }
}

function nested(chance: Chance): Literal {
  const depth = chance.pick([5, 50, 99, 100, 101, 1000, 20_000]);
  const [open, close] = chance.pick([
    ["[", "]"],
    ['{"a":', "}"],
  ]);
  return new Literal(`${open!.repeat(depth)}1${close!.repeat(depth)}`);
}

function many(chance: Chance): unknown {
  const count = chance.pick([2, 65, 1000, 1001]);
  const item = chance.pick([0, 1, "x", null, {}, { offset: 0 }]);
  return chance.oneIn(2)
    ? new Array(count).fill(item)
    : Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, item]));
}
