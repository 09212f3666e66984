// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text that cannot steer a terminal, whoever wrote it: control characters are shown as `\x1b`. Line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(controls, escaped);
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, (char) => (char === "\t" ? "\\t" : "\\n"));
}

function escaped(char: string): string {
  const code = char.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

const unseenInJson = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** JSON escapes most control characters by itself; the others are escaped as well, and it stays the same JSON. */
export function printableJson(json: string): string {
  return json.replace(unseenInJson, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
