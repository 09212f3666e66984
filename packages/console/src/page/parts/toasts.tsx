import { Toast } from "@base-ui/react/toast";
import type { ReactNode } from "react";

const manager = Toast.createToastManager();

/** Says in passing what has become of something. */
export function notify(text: string, kind: "good" | "bad" = "good"): void {
  manager.add({
    description: text,
    type: kind,
    timeout: kind === "bad" ? 12_000 : 5_000,
    priority: kind === "bad" ? "high" : "low",
  });
}

/** Around the page: where what is said in passing appears. */
export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={manager}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast" data-kind={toast.type}>
      <Toast.Content className="toast-content">
        <Toast.Description className="toast-text" />
        <Toast.Close className="toast-close" aria-label="Close">
          ×
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
