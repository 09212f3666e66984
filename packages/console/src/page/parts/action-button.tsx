import type { ReactNode } from "react";
import { useStore } from "../live/store.ts";
import { session } from "../session/session.ts";
import { notify } from "./toasts.tsx";

const readOnly = "Your token may look, not act: this takes one with the scope admin.";

interface ActionButtonProps {
  children: ReactNode;
  onAct: () => void;
  kind?: "plain" | "primary" | "danger" | "small";
  busy?: boolean;
  /** Why it cannot be done now. */
  not?: string | null;
  label?: string;
}

/** Does something to the queue. Whoever may only look finds it there, disabled, and is told why. */
export function ActionButton({
  children,
  onAct,
  kind = "plain",
  busy = false,
  not = null,
  label,
}: ActionButtonProps) {
  const { admin } = useStore(session);
  const why =
    admin === true ? not : admin === false ? readOnly : "It is not known yet what your token may do.";
  return (
    <button
      type="button"
      className={`button ${kind}`}
      aria-disabled={why !== null || busy}
      aria-label={label}
      title={why ?? undefined}
      onClick={(event) => {
        event.stopPropagation();
        if (busy) return;
        if (why === null) onAct();
        else notify(why, "bad");
      }}
    >
      {children}
    </button>
  );
}
