import { TidegateError } from "@tidegate/contracts";
import type { Answer } from "../answer.ts";
import type { Call } from "../call.ts";

/**
 * What a request is answered with, or REDIS_UNAVAILABLE when that takes longer than it may: the time counts from the end
 * of the body, and what the caller wants to wait comes on top. What was begun may still be carried out.
 */
export function withinTime(
  answer: Promise<Answer>,
  call: Call,
  takesBody: boolean,
  limitMs: number,
): Promise<Answer> {
  const startedAt = takesBody ? 0 : performance.now();
  return new Promise((resolve, reject) => {
    const look = () => {
      const now = performance.now();
      const from = call.bodyEndedAt ?? (takesBody ? now : startedAt);
      const left = from + limitMs + call.waitMs - now;
      if (left > 0) timer = setTimeout(look, left);
      else reject(new TidegateError("REDIS_UNAVAILABLE", tooLong(limitMs + call.waitMs)));
    };
    let timer = setTimeout(look, limitMs);
    answer.then(
      (made) => {
        clearTimeout(timer);
        resolve(made);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function tooLong(ms: number): string {
  return `It was not done within ${ms} ms: what was asked for may have been done, or may yet be`;
}
