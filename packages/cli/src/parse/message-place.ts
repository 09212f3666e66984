import { InvalidArgumentError } from "commander";

/** Where a message is. */
export interface MessagePlace {
  readonly partition: number;
  readonly offset: number;
}

/** Reads `<partition>:<offset>`, for an option that repeats. */
export function messagePlaces(text: string, previous: unknown): MessagePlace[] {
  const match = /^([0-9]{1,6}):([0-9]{1,15})$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError("It is a partition and an offset, as the list shows them: 0:17.");
  const before = (previous ?? []) as readonly MessagePlace[];
  return [...before, { partition: Number(match[1]), offset: Number(match[2]) }];
}
