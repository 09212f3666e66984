/** A script is asked about so many messages at once, so that it stays short. */
const numbersACall = 500;

/** What is asked, a call at a time. */
export function slicesOf(numbers: readonly number[]): (readonly number[])[] {
  const slices: (readonly number[])[] = [];
  for (let from = 0; from < numbers.length; from += numbersACall)
    slices.push(numbers.slice(from, from + numbersACall));
  return slices;
}
