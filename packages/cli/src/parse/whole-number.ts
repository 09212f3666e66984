import { InvalidArgumentError } from "commander";

/** Reads a whole number within bounds, for an option or an argument. */
export function wholeNumber(least = 0, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll("_", ""));
    if (/^[0-9][0-9_]*$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most)
      return value;
    const bounds = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It is a whole number ${bounds}.`);
  };
}
