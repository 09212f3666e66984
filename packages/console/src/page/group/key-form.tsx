import { useState } from "react";
import { ActionButton } from "../parts/action-button.tsx";

interface KeyFormProps {
  busy: boolean;
  onPause: (key: string) => Promise<boolean>;
}

/** Pauses a key by its name, whether anything of it waits or not. */
export function KeyForm({ busy, onPause }: KeyFormProps) {
  const [key, setKey] = useState("");
  return (
    <div className="inline-form">
      <input
        aria-label="A key to pause"
        placeholder="A key to pause"
        value={key}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setKey(event.target.value)}
      />
      <ActionButton
        kind="small"
        busy={busy}
        not={key === "" ? "Say which key" : null}
        onAct={() => void onPause(key).then((done) => done && setKey(""))}
      >
        Pause this key
      </ActionButton>
    </div>
  );
}
