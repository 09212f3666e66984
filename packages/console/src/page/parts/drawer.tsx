import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode } from "react";

interface DrawerProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** One thing of a list in detail, beside the list. Escape closes it, and the list has the keyboard again. */
export function Drawer({ open, onClose, title, actions, children }: DrawerProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop faint" />
        <Dialog.Popup className="drawer right">
          <header className="drawer-head">
            <Dialog.Title className="dialog-title">{title}</Dialog.Title>
            {actions}
            <Dialog.Close className="button small">Close</Dialog.Close>
          </header>
          <div className="drawer-body">{children}</div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
