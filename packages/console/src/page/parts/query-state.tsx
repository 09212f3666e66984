import { TidegateError } from "@tidegate/client";
import type { ReactNode } from "react";
import { errorText } from "../api/use-action.ts";
import { Empty } from "./panel.tsx";

interface Asked<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

interface QueryStateProps<Data> {
  of: Asked<Data>;
  /** Instead of the error, where it has a plain meaning here. */
  missing?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** What was asked for, once it is there: the last answer stays, dimmed, while the server does not give another. */
export function QueryState<Data>({ of, missing, children }: QueryStateProps<Data>) {
  const { data, error } = of;
  const gone = error instanceof TidegateError && error.status === 404;
  if (gone && missing !== undefined) return missing;
  if (data === undefined && !error) return <div className="waiting">Asking …</div>;
  if (data === undefined) {
    return (
      <Empty title="This could not be read">
        <p>{errorText(error)}</p>
        <button type="button" className="button" onClick={() => void of.refetch()}>
          Ask again
        </button>
      </Empty>
    );
  }
  return (
    <div className="query" data-stale={error ? "" : undefined}>
      {Boolean(error) && (
        <p className="notice warn" role="status">
          As it was last read. {errorText(error)}
        </p>
      )}
      {children(data)}
    </div>
  );
}
