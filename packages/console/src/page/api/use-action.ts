import { useMutation, useQueryClient } from "@tanstack/react-query";
import { TidegateError } from "@tidegate/client";
import { notify } from "../parts/toasts.tsx";
import { noteRefusal } from "./client.ts";

/** Something that an operator does: said when it is done or why it is not, and what is on screen is asked for again. */
export function useAction<Input>(
  act: (input: Input) => Promise<unknown>,
  done: string | ((result: never) => string),
): { readonly run: (input: Input) => Promise<boolean>; readonly busy: boolean } {
  const cache = useQueryClient();
  const { mutateAsync, isPending } = useMutation({ mutationFn: act });
  const run = async (input: Input): Promise<boolean> => {
    try {
      const result = await mutateAsync(input);
      notify(typeof done === "string" ? done : done(result as never));
      await cache.invalidateQueries();
      return true;
    } catch (error) {
      noteRefusal(error);
      notify(errorText(error), "bad");
      return false;
    }
  };
  return { run, busy: isPending };
}

/** An error as an operator reads it: its code, and what it says more. */
export function errorText(error: unknown): string {
  if (!(error instanceof TidegateError)) return error instanceof Error ? error.message : String(error);
  const { field, limit } = error.details;
  const more = [field !== undefined && `field ${field}`, limit !== undefined && `limit ${limit}`].filter(
    Boolean,
  );
  return `${error.code}: ${error.message}${more.length > 0 ? ` (${more.join(", ")})` : ""}`;
}
