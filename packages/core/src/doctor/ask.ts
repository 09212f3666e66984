import type { RedisConnection } from "../redis/connection.ts";
import { isAnswer, toTidegateError } from "../redis/errors.ts";

/** What became of a question: Redis answered it, refused it (it forbids the command, or does not know it), or said nothing. */
export type Answer<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "silent"; readonly reason: string };

/** Sends one command and waits for so long. Never throws. */
export async function ask<T>(
  connection: RedisConnection,
  timeoutMs: number,
  parse: (reply: unknown) => T,
  command: string,
  ...args: (string | number)[]
): Promise<Answer<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<Answer<T>>((resolve) => {
    const reason = `no answer within ${timeoutMs} ms`;
    timer = setTimeout(() => resolve({ kind: "silent", reason }), timeoutMs);
  });
  try {
    const answer = connection.callBuffer(command, ...args).then(
      (reply): Answer<T> => ({ kind: "answered", value: parse(reply) }),
      (error): Answer<T> => {
        const kind = isAnswer(error) ? "refused" : "silent";
        return { kind, reason: toTidegateError(error).message };
      },
    );
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** The value of an answer, or null. */
export function answered<T>(answer: Answer<T>): T | null {
  return answer.kind === "answered" ? answer.value : null;
}
