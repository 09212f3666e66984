import { Dialog } from "@base-ui/react/dialog";
import { type FormEvent, useState } from "react";
import { useStore } from "../live/store.ts";
import { Field } from "../parts/field.tsx";
import { session, signIn } from "./session.ts";

const why = {
  missing: "This server asks for a token.",
  refused: "The server no longer takes the token. It may have expired, or been changed. Your place is kept.",
  "not enough": "The token is known, but the console needs one with the scope read or admin.",
  "signed out": "You have signed out.",
};

/** Asks for a token, above the page as it stands. */
export function SignIn() {
  const { asking } = useStore(session);
  const [token, setToken] = useState("");
  const given = token.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (given === "") return;
    setToken("");
    signIn(given);
  };
  return (
    <Dialog.Root open={asking !== null} disablePointerDismissal>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" data-testid="sign-in">
          <Dialog.Title className="dialog-title">Sign in</Dialog.Title>
          <Dialog.Description className="dialog-text">{asking !== null && why[asking]}</Dialog.Description>
          <form onSubmit={submit}>
            <Field label="Token">
              <input
                type="password"
                autoComplete="current-password"
                value={token}
                onChange={(event) => setToken(event.target.value)}
              />
            </Field>
            <p className="hint">
              One of <code>TIDEGATE_TOKENS</code> with the scope <code>read</code> (look) or{" "}
              <code>admin</code> (look and act). It is kept in this tab until you close it.
            </p>
            <div className="dialog-actions">
              <button type="submit" className="button primary" disabled={given === ""}>
                Sign in
              </button>
            </div>
          </form>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
