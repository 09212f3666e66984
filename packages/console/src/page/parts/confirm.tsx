import { AlertDialog } from "@base-ui/react/alert-dialog";
import { type ReactNode, useState } from "react";

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** The words on the button that does it. */
  act: string;
  danger?: boolean;
  /** Resolves to whether it was done: then the dialog closes. */
  onConfirm: () => Promise<boolean>;
  /** Why it cannot be confirmed as it stands. */
  not?: string | null;
}

/** Asks before something is done that cannot be taken back, or that others notice. Escape closes. */
export function Confirm({
  open,
  onClose,
  title,
  children,
  act,
  danger = false,
  onConfirm,
  not = null,
}: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    const done = await onConfirm();
    setBusy(false);
    if (done) onClose();
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" />
        <AlertDialog.Popup className="dialog">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (not === null && !busy) void confirm();
            }}
          >
            <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
            <AlertDialog.Description className="dialog-text" render={<div />}>
              {children}
            </AlertDialog.Description>
            <div className="dialog-actions">
              <AlertDialog.Close className="button">Leave it</AlertDialog.Close>
              <button
                type="submit"
                className={`button ${danger ? "danger" : "primary"}`}
                disabled={busy || not !== null}
                title={not ?? undefined}
              >
                {act}
              </button>
            </div>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
